import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, newId, parseIJson, toErrorBody, type ErrorCode } from '@portcullis/contracts';
import { withCorrelation, type Logger, type ReplicaLease, type TrustedProxies } from '@portcullis/platform';
import type { ClientFacts } from '../governed/governed-call.js';
import type { Principals } from '../identity/principals.js';
import type { ServerDirectory } from '../identity/server-directory.js';
import { classify, type Era, type McpHeaders } from '../mcp/era.js';
import { readMessage, type RequestId, type RpcNotification, type RpcRequest } from '../mcp/json-rpc.js';
import { methodLabel, type CallTelemetry, type ObservedRequest } from '../telemetry/call-telemetry.js';
import type { McpMethods } from './mcp-methods.js';
import { ReplyWriter } from './reply-writer.js';
import {
  checkContentType,
  checkSource,
  readBounded,
  slugOfPath,
  type AllowedSources,
} from './request-checks.js';

export interface EndpointParts {
  principals: Principals;
  directory: ServerDirectory;
  methods: McpMethods;
  lease: Pick<ReplicaLease, 'isHeld' | 'awaitHeld'>;
  logger: Logger;
  telemetry: CallTelemetry;
  sources: AllowedSources;
  proxies: TrustedProxies;
  /** How long a call may take in all, milliseconds. */
  callDeadlineMs: number;
  maxBodyBytes: number;
}

/** One request on its way; `id` and `era` are known once its message has been read and classified. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly writer: ReplyWriter;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  readonly startedAt: number;
  id: RequestId | null;
  era: Era | null;
}

/** MCP over Streamable HTTP on `/mcp` and `/mcp/<slug>`: steps 1 to 3 of a call, and step 12. */
export class McpEndpoint {
  private readonly running = new Set<Promise<void>>();

  constructor(private readonly parts: EndpointParts) {}

  /** Serves one request; never rejects. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const writer = new ReplyWriter(response, (request.headers.accept ?? '').includes('text/event-stream'));
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort(clientGone());
    });
    const exchange: Exchange = {
      request,
      writer,
      signal: gone.signal,
      startedAt: Date.now(),
      id: null,
      era: null,
    };
    const { telemetry } = this.parts;
    const serving = withCorrelation({ correlationId: newId() }, () =>
      telemetry.request(one(request.headers['traceparent']), (observed) => this.answer(exchange, observed)),
    );
    this.running.add(serving);
    await serving.finally(() => this.running.delete(serving));
  }

  /** Resolves when every request that had come before has ended, its outcome handed to the recorder. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.running);
  }

  private async answer(exchange: Exchange, observed: ObservedRequest): Promise<void> {
    try {
      await this.take(exchange, observed);
    } catch (error) {
      observed.failure = this.report(error);
      exchange.writer.fail(error, exchange);
    }
  }

  private async take(exchange: Exchange, observed: ObservedRequest): Promise<void> {
    const { request, writer } = exchange;
    const { telemetry, directory } = this.parts;
    checkSource(request, this.parts.sources);
    const { lease } = this.parts;
    if (!lease.isHeld) await lease.awaitHeld();
    const address = this.parts.proxies.addressOf(request);
    const principal = await telemetry.step('authenticate', () =>
      this.parts.principals.authenticate(request.headers.authorization, address),
    );
    const slug = slugOfPath(request.url ?? '');
    const resolve = (of: string) => directory.resolve(principal.principal.org, of);
    const endpoint = slug === null ? null : await telemetry.step('resolve', () => resolve(slug));
    // No sessions and no standing streams: there is nothing to get or to delete.
    if (request.method !== 'POST') return writer.notAllowed();
    const { message, era } = await telemetry.step('read', () => this.read(exchange));
    observed.method = message.kind === 'request' ? methodLabel(message.method) : 'notification';
    if (message.kind === 'notification') return writer.accepted();
    const text = await this.parts.methods.answer({
      principal,
      endpoint,
      message,
      era,
      client: clientFacts(request, address),
      signal: exchange.signal,
      startedAt: exchange.startedAt,
      deadline: exchange.startedAt + this.parts.callDeadlineMs,
      onNotification: (notification) => writer.notify(notification),
      headerOf: headersOf(request),
    });
    telemetry.step('answer', () => writer.answer(text));
  }

  private async read(exchange: Exchange): Promise<{ message: RpcRequest | RpcNotification; era: Era }> {
    const { request } = exchange;
    checkContentType(request);
    const message = readMessage(parseMessage(await readBounded(request, this.parts.maxBodyBytes)));
    if (message.kind === 'request') exchange.id = message.id;
    const era = classify(message, mcpHeaders(request));
    exchange.era = era;
    return { message, era };
  }

  /** What is our fault is logged once, here; what was refused is in the answer and, where it counts, in the audit trail. */
  private report(error: unknown): ErrorCode {
    const { code } = toErrorBody(error).error;
    if (code === 'INTERNAL') this.parts.logger.error({ err: error }, 'request failed');
    else this.parts.logger.debug({ code }, 'request refused');
    return code;
  }
}

const one = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? undefined : value;

const clientGone = (): AppError => new AppError('DEADLINE_EXCEEDED', 'The client went away.');

function parseMessage(body: Buffer) {
  try {
    return parseIJson(body);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError('PARSE_ERROR', error.message, { cause: error });
  }
}

/** The last value counts for none of them: a header that came twice is joined by Node, and then it fits nothing. */
function headersOf({ headers }: IncomingMessage): (name: string) => string | undefined {
  return (name) => {
    const value = headers[name];
    return typeof value === 'string' ? value.trim() : undefined;
  };
}

function mcpHeaders(request: IncomingMessage): McpHeaders {
  const one = headersOf(request);
  return { protocolVersion: one('mcp-protocol-version'), method: one('mcp-method'), name: one('mcp-name') };
}

function clientFacts({ headers }: IncomingMessage, ip: string): ClientFacts {
  const version = headers['mcp-protocol-version'];
  return {
    ip,
    userAgent: headers['user-agent']?.slice(0, 300) ?? null,
    protocol: typeof version === 'string' ? version.slice(0, 32) : 'unknown',
  };
}
