import { AppError, newId, type ServerEndpoint } from '@portcullis/contracts';
import { readBody, type Dialer, type DialerResponse } from '@portcullis/egress';
import { LEGACY_VERSIONS, MODERN_VERSION } from '../mcp/era.js';
import { isObject, type JsonObject } from '../mcp/json-rpc.js';
import { eventData } from '../mcp/server-sent-events.js';
import { outgoingMessage, outgoingHeaders } from './outgoing-message.js';
import { UpstreamSessions, type UpstreamSession } from './upstream-session.js';

/** Everything that one exchange with an upstream server needs. */
export interface UpstreamRequest {
  endpoint: ServerEndpoint;
  /** Organisation and subject: neither connections nor sessions are shared between two of them. */
  principal: string;
  method: 'tools/list' | 'tools/call';
  params: JsonObject;
  /** Headers that carry opened credentials. */
  credentialHeaders: Record<string, string>;
  signal: AbortSignal;
  /** Milliseconds that are left for the whole exchange. */
  deadlineMs: number;
  /** Takes notifications that arrive before the answer, as text. */
  onNotification?: (text: string) => void;
}

export interface UpstreamAnswer {
  /** The JSON-RPC answer as it arrived. */
  text: string;
  message: JsonObject;
  session: UpstreamSession;
}

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** A server that is asked for the first time gets so long to say which protocol it speaks. */
const AGREE_MS = 10_000;

/** Speaks Streamable HTTP with upstream servers at the wire level: answers stay the text that the server sent. */
export class UpstreamClient {
  private readonly sessions = new UpstreamSessions();

  constructor(private readonly dialer: Dialer) {}

  /**
   * @throws AppError `UPSTREAM_UNREACHABLE`, `FORBIDDEN_DESTINATION`, `UPSTREAM_ERROR`, `DEADLINE_EXCEEDED`,
   * `PAYLOAD_TOO_LARGE`; `details.sent` is false where no byte of the request can have reached the server.
   */
  async request(request: UpstreamRequest): Promise<UpstreamAnswer> {
    const key = `${request.endpoint.srv} ${request.endpoint.url} ${request.principal}`;
    const session = await this.sessions.get(key, () => this.agree(request));
    const response = await this.post(request, session, {
      method: request.method,
      params: request.params,
      id: newId(),
    });
    if (response.status === 404 && session.sessionId !== null) {
      // The server has forgotten the session, hence it has not looked at the request: a new session may ask again.
      response.body.destroy();
      this.sessions.forget(key);
      const renewed = await this.sessions.get(key, () => this.agree(request));
      return this.readAnswer(request, renewed, newId());
    }
    return { ...(await finalMessage(response, request)), session };
  }

  private async readAnswer(
    request: UpstreamRequest,
    session: UpstreamSession,
    id: string,
  ): Promise<UpstreamAnswer> {
    const response = await this.post(request, session, {
      method: request.method,
      params: request.params,
      id,
    });
    return { ...(await finalMessage(response, request)), session };
  }

  /** Asks the modern way first; a server that doesn't know it gets the handshake of 2025-11-25. */
  private async agree(request: UpstreamRequest): Promise<UpstreamSession> {
    const modern: UpstreamSession = { era: 'modern', protocolVersion: MODERN_VERSION, sessionId: null };
    const probe = await this.post(
      request,
      modern,
      { method: 'server/discover', params: {}, id: newId() },
      AGREE_MS,
    );
    if (probe.status === 401 || probe.status === 403) throw rejected(probe);
    if (probe.status >= 500) throw badStatus(probe);
    const discovered = await finalMessage(probe, request).catch(() => null);
    const result = discovered?.message['result'];
    const versions = isObject(result) ? result['supportedVersions'] : undefined;
    if (Array.isArray(versions) && versions.includes(MODERN_VERSION)) return modern;
    return this.initialize(request);
  }

  private async initialize(request: UpstreamRequest): Promise<UpstreamSession> {
    const offered: UpstreamSession = { era: 'legacy', protocolVersion: LEGACY_VERSIONS[0], sessionId: null };
    const params = {
      protocolVersion: LEGACY_VERSIONS[0],
      capabilities: {},
      clientInfo: { name: 'portcullis', version: '0.1.0' },
    };
    const response = await this.post(
      request,
      offered,
      { method: 'initialize', params, id: newId() },
      AGREE_MS,
    );
    const sessionId = headerOf(response, 'mcp-session-id');
    const { message } = await finalMessage(response, request);
    const agreed = isObject(message['result']) ? message['result']['protocolVersion'] : undefined;
    const known: readonly unknown[] = LEGACY_VERSIONS;
    if (!known.includes(agreed)) {
      throw new AppError('UPSTREAM_ERROR', 'The upstream server speaks no protocol version that we know.');
    }
    const session: UpstreamSession = { era: 'legacy', protocolVersion: agreed as string, sessionId };
    const confirmed = await this.post(
      request,
      session,
      { method: 'notifications/initialized', params: {} },
      AGREE_MS,
    );
    confirmed.body.destroy();
    return session;
  }

  private post(
    request: UpstreamRequest,
    session: UpstreamSession,
    message: { method: string; params: JsonObject; id?: string },
    deadlineMs = request.deadlineMs,
  ): Promise<DialerResponse> {
    return this.dialer.request(request.endpoint.url, {
      method: 'POST',
      headers: outgoingHeaders(session, message, request.credentialHeaders),
      body: outgoingMessage(session, message),
      signal: request.signal,
      deadlineMs: Math.min(deadlineMs, request.deadlineMs),
      maxResponseBytes: MAX_ANSWER_BYTES,
      partition: request.principal,
      // A redirect is an answer like any other: a credential never follows it.
      redirect: 'manual',
    });
  }
}

type FinalMessage = Pick<UpstreamAnswer, 'text' | 'message'>;

async function finalMessage(response: DialerResponse, request: UpstreamRequest): Promise<FinalMessage> {
  if (response.status === 401 || response.status === 403) throw rejected(response);
  if (response.status >= 300 && response.status < 400) throw badStatus(response);
  const type = headerOf(response, 'content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type === 'text/event-stream') return firstAnswer(response, request);
  if (type !== 'application/json') throw badStatus(response);
  const text = (await readBody(response)).toString('utf8');
  const message = parse(text);
  if (!isAnswer(message))
    throw new AppError('UPSTREAM_ERROR', 'The upstream server did not answer with a JSON-RPC message.');
  return { text, message };
}

async function firstAnswer(response: DialerResponse, request: UpstreamRequest): Promise<FinalMessage> {
  for await (const text of eventData(response.body)) {
    if (text === '') continue;
    const message = parse(text);
    if (isAnswer(message)) {
      response.body.destroy();
      return { text, message };
    }
    // Requests of servers (sampling, elicitation) are not served: the server times out or goes on without.
    if (message['id'] === undefined) request.onNotification?.(text);
  }
  throw new AppError('UPSTREAM_ERROR', 'The upstream server ended its stream without an answer.', {
    details: { sent: true },
  });
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Told below, without repeating what the server sent.
  }
  throw new AppError('UPSTREAM_ERROR', 'The upstream server did not answer with JSON.', {
    details: { sent: true },
  });
}

const isAnswer = (message: JsonObject): boolean =>
  message['result'] !== undefined || message['error'] !== undefined;

function headerOf(response: DialerResponse, name: string): string | null {
  const value = response.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

function rejected(response: DialerResponse): AppError {
  response.body.destroy();
  return new AppError(
    'UPSTREAM_ERROR',
    `The upstream server rejected the credential (HTTP ${response.status}).`,
    {
      details: { status: response.status, sent: true },
    },
  );
}

function badStatus(response: DialerResponse): AppError {
  response.body.destroy();
  return new AppError(
    'UPSTREAM_ERROR',
    `The upstream server answered with HTTP ${response.status} and no JSON-RPC message.`,
    {
      details: { status: response.status, sent: true },
    },
  );
}
