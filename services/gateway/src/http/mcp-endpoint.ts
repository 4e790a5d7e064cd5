import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, newId, parseIJson, toErrorBody } from '@portcullis/contracts';
import { withCorrelation, type Logger, type ReplicaLease, type TrustedProxies } from '@portcullis/platform';
import type { ClientFacts } from '../governed/governed-call.js';
import type { Principals } from '../identity/principals.js';
import type { ServerDirectory } from '../identity/server-directory.js';
import { classify, type Era, type McpHeaders } from '../mcp/era.js';
import { readMessage, type RequestId, type RpcNotification, type RpcRequest } from '../mcp/json-rpc.js';
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
    const serving = withCorrelation({ correlationId: newId() }, () => this.answer(exchange));
    this.running.add(serving);
    await serving.finally(() => this.running.delete(serving));
  }

  /** Resolves when every request that had come before has ended, its outcome handed to the recorder. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.running);
  }

  private async answer(exchange: Exchange): Promise<void> {
    try {
      await this.take(exchange);
    } catch (error) {
      this.report(error);
      exchange.writer.fail(error, exchange);
    }
  }

  private async take(exchange: Exchange): Promise<void> {
    const { request, writer } = exchange;
    checkSource(request, this.parts.sources);
    const { lease } = this.parts;
    if (!lease.isHeld) await lease.awaitHeld();
    const address = this.parts.proxies.addressOf(request);
    const principal = await this.parts.principals.authenticate(request.headers.authorization, address);
    const slug = slugOfPath(request.url ?? '');
    const endpoint = slug === null ? null : await this.parts.directory.resolve(principal.principal.org, slug);
    // No sessions and no standing streams: there is nothing to get or to delete.
    if (request.method !== 'POST') return writer.notAllowed();
    const message = await this.read(request);
    if (message.kind === 'request') exchange.id = message.id;
    exchange.era = classify(message, mcpHeaders(request));
    if (message.kind === 'notification') return writer.accepted();
    const text = await this.parts.methods.answer({
      principal,
      endpoint,
      message,
      era: exchange.era,
      client: clientFacts(request, address),
      signal: exchange.signal,
      startedAt: exchange.startedAt,
      deadline: exchange.startedAt + this.parts.callDeadlineMs,
      onNotification: (notification) => writer.notify(notification),
      headerOf: headersOf(request),
    });
    writer.answer(text);
  }

  private async read(request: IncomingMessage): Promise<RpcRequest | RpcNotification> {
    checkContentType(request);
    const body = await readBounded(request, this.parts.maxBodyBytes);
    return readMessage(parseMessage(body));
  }

  /** What is our fault is logged once, here; what was refused is in the answer and, where it counts, in the audit trail. */
  private report(error: unknown): void {
    const { code } = toErrorBody(error).error;
    if (code === 'INTERNAL') this.parts.logger.error({ err: error }, 'request failed');
    else this.parts.logger.debug({ code }, 'request refused');
  }
}

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
