import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, newId, parseIJson, toErrorBody } from '@portcullis/contracts';
import { withCorrelation, type Logger } from '@portcullis/platform';
import type { ClientFacts } from '../governed/governed-call.js';
import type { Principals } from '../identity/principals.js';
import type { ServerDirectory } from '../identity/server-directory.js';
import { classify, type McpHeaders } from '../mcp/era.js';
import { readMessage, type RequestId } from '../mcp/json-rpc.js';
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
  logger: Logger;
  sources: AllowedSources;
  /** How long a call may take in all, milliseconds. */
  callDeadlineMs: number;
  maxBodyBytes: number;
}

/** MCP over Streamable HTTP on `/mcp` and `/mcp/<slug>`: steps 1 to 3 of a call, and step 12. */
export class McpEndpoint {
  constructor(private readonly parts: EndpointParts) {}

  /** Serves one request; never rejects. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const writer = new ReplyWriter(response, (request.headers.accept ?? '').includes('text/event-stream'));
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    await withCorrelation({ correlationId: newId() }, () => this.answer(request, writer, gone.signal));
  }

  private async answer(request: IncomingMessage, writer: ReplyWriter, signal: AbortSignal): Promise<void> {
    const startedAt = Date.now();
    let id: RequestId | null = null;
    try {
      checkSource(request, this.parts.sources);
      const slug = slugOfPath(request.url ?? '');
      const address = request.socket.remoteAddress ?? 'unknown';
      const principal = await this.parts.principals.authenticate(request.headers.authorization, address);
      const endpoint =
        slug === null ? null : await this.parts.directory.resolve(principal.principal.org, slug);
      const message = await this.read(request);
      if (message.kind === 'request') id = message.id;
      const era = classify(message, mcpHeaders(request));
      if (message.kind === 'notification') {
        writer.accepted();
        return;
      }
      const client = clientFacts(request, address);
      const deadline = startedAt + this.parts.callDeadlineMs;
      const onNotification = (text: string): void => writer.notify(text);
      writer.answer(
        await this.parts.methods.answer({
          principal,
          endpoint,
          message,
          era,
          client,
          signal,
          deadline,
          startedAt,
          onNotification,
        }),
      );
    } catch (error) {
      this.report(error);
      writer.fail(id, error);
    }
  }

  private async read(request: IncomingMessage) {
    if (request.method !== 'POST') {
      throw new AppError(
        'METHOD_NOT_FOUND',
        'Only POST is served: there are no sessions and no standing streams.',
      );
    }
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

function parseMessage(body: Buffer) {
  try {
    return parseIJson(body);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError('PARSE_ERROR', error.message, { cause: error });
  }
}

/** The last value counts for none of them: a header that came twice is joined by Node, and then it fits nothing. */
function mcpHeaders({ headers }: IncomingMessage): McpHeaders {
  const one = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value.trim() : undefined;
  };
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
