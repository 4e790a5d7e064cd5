import { newId } from '@portcullis/contracts';
import { within } from '@portcullis/platform';
import type { Dialer, DialerResponse } from '@portcullis/egress';
import { isObject, type JsonObject } from '../mcp/json-rpc.js';
import { agreeSession } from './agree-session.js';
import { postMessage, type UpstreamHop } from './post-message.js';
import { readAnswer, type FinalMessage } from './read-answer.js';
import { UpstreamSessions, type UpstreamSession } from './upstream-session.js';

/** Everything that one exchange with an upstream server needs. */
export interface UpstreamRequest extends UpstreamHop {
  method: 'tools/list' | 'tools/call';
  params: JsonObject;
  /** `Mcp-Param-*` headers that the tool declares; sent to servers of 2026-07-28. */
  paramHeaders: Record<string, string>;
  signal: AbortSignal;
  /** Takes the notifications that arrive before the answer and belong to this request, as text. */
  onNotification?: (text: string) => void;
}

/** A server that is asked for the first time gets so long to say which protocol it speaks. */
const AGREE_MS = 10_000;
const UNSUPPORTED_VERSION = -32022;

/** Speaks Streamable HTTP with upstream servers at the wire level: answers stay the text that the server sent. */
export class UpstreamClient {
  private readonly sessions = new UpstreamSessions();

  constructor(private readonly dialer: Dialer) {}

  /**
   * @throws AppError `UPSTREAM_UNREACHABLE`, `FORBIDDEN_DESTINATION`, `UPSTREAM_ERROR`, `DEADLINE_EXCEEDED`,
   * `PAYLOAD_TOO_LARGE`; the signal's reason
   */
  async request(request: UpstreamRequest): Promise<FinalMessage> {
    const key = `${request.endpoint.srv} ${request.endpoint.url} ${request.principal}`;
    const session = await this.session(key, request);
    const answer = await this.exchange(request, session);
    if (answer !== null) return answer;
    this.sessions.forget(key, session);
    return (await this.exchange(request, await this.session(key, request), 'last'))!;
  }

  /** Shared by all who wait for it, so it has a deadline of its own and goes on when one of them goes away. */
  private session(key: string, request: UpstreamRequest): Promise<UpstreamSession> {
    const { endpoint, principal, credentialHeaders } = request;
    const hop: UpstreamHop = { endpoint, principal, credentialHeaders, deadline: Date.now() + AGREE_MS };
    return within(
      request,
      this.sessions.get(key, () => agreeSession(this.dialer, hop)),
    );
  }

  /** Null when the server has refused the session instead of the request: then a new one may ask again. */
  private async exchange(
    request: UpstreamRequest,
    session: UpstreamSession,
    attempt: 'first' | 'last' = 'first',
  ): Promise<FinalMessage | null> {
    const { method, params, paramHeaders } = request;
    const id = newId();
    const response = await postMessage(this.dialer, request, session, { method, params, paramHeaders, id });
    const onNotification = (text: string, message: JsonObject): void => {
      if (belongsTo(params, message)) request.onNotification?.(text);
    };
    const reading = readAnswer(response, { id, onNotification });
    if (attempt === 'last' || !mayRefuseSession(response)) return reading;
    const answer = await reading.catch(() => null);
    return refusesSession(session, answer, id) ? null : answer;
  }
}

/** Servers answer so before they look at a request: 404 by the specification, 400 by several implementations. */
const mayRefuseSession = ({ status }: DialerResponse): boolean => status === 404 || status === 400;

/** A legacy server has no other use for these statuses; a modern one answers so to malformed requests as well. */
function refusesSession(session: UpstreamSession, answer: FinalMessage | null, id: string): boolean {
  if (session.era === 'legacy' || answer === null) return true;
  const { error } = answer.message;
  const code = isObject(error) ? error['code'] : undefined;
  return answer.message['id'] !== id || code === UNSUPPORTED_VERSION;
}

/** Progress by the token that the client chose for this request, and log messages; nothing else is carried yet. */
function belongsTo(params: JsonObject, { method, params: about }: JsonObject): boolean {
  if (method === 'notifications/message') return true;
  if (method !== 'notifications/progress' || !isObject(about) || !isObject(params['_meta'])) return false;
  const token = params['_meta']['progressToken'];
  return token !== undefined && about['progressToken'] === token;
}
