import type { ServerResponse } from 'node:http';
import { AppError, ERROR_TABLE, toErrorBody, type ErrorCode } from '@portcullis/contracts';
import { errorText, type RequestId } from '../mcp/json-rpc.js';

/** Errors of the transport: clients have to see them by the HTTP status. All others travel in an HTTP 200. */
const BY_STATUS: readonly ErrorCode[] = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'PARSE_ERROR',
  'INVALID_REQUEST',
  'HEADER_MISMATCH',
  'UNSUPPORTED_PROTOCOL_VERSION',
  'UNSUPPORTED_MEDIA_TYPE',
];

const COMMON = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/**
 * Writes the one answer of a request: as JSON, or, once a notification had to go out before it, as the last event of a
 * server-sent event stream.
 */
export class ReplyWriter {
  private streaming = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly acceptsEvents: boolean,
  ) {}

  /** A notification of the upstream; dropped for clients that take no stream. */
  notify(text: string): void {
    if (!this.acceptsEvents || this.response.writableEnded) return;
    if (!this.streaming) {
      this.streaming = true;
      this.response.writeHead(200, { ...COMMON, 'content-type': 'text/event-stream' });
    }
    this.event(text);
  }

  answer(text: string): void {
    if (this.streaming) {
      this.event(text);
      this.response.end();
    } else this.json(200, text);
  }

  accepted(): void {
    this.response.writeHead(202, COMMON).end();
  }

  fail(id: RequestId | null, thrown: unknown): void {
    const text = errorText(id, thrown);
    if (this.streaming || this.response.headersSent) {
      this.event(text);
      this.response.end();
      return;
    }
    const { code } = toErrorBody(thrown).error;
    const outright = id === null || BY_STATUS.includes(code);
    this.json(outright ? ERROR_TABLE[code].http : 200, text, headersFor(code, thrown));
  }

  private event(text: string): void {
    const lines = text.split(/\r\n|\n|\r/).map((line) => `data: ${line}\n`);
    this.response.write(`event: message\n${lines.join('')}\n`);
  }

  private json(status: number, text: string, extra: Record<string, string> = {}): void {
    if (this.response.writableEnded || this.response.destroyed) return;
    this.response.writeHead(status, { ...COMMON, 'content-type': 'application/json', ...extra }).end(text);
  }
}

function headersFor(code: ErrorCode, thrown: unknown): Record<string, string> {
  if (code === 'UNAUTHENTICATED')
    return { 'www-authenticate': 'Bearer realm="portcullis", error="invalid_token"' };
  if (code === 'METHOD_NOT_FOUND') return { allow: 'POST' };
  const wait = thrown instanceof AppError ? thrown.details?.['retryAfterMs'] : undefined;
  return typeof wait === 'number' ? { 'retry-after': String(Math.ceil(wait / 1000)) } : {};
}
