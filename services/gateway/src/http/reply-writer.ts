import type { ServerResponse } from 'node:http';
import { AppError, ERROR_TABLE, toErrorBody, type ErrorCode } from '@portcullis/contracts';
import type { Era } from '../mcp/era.js';
import { errorText, type RequestId } from '../mcp/json-rpc.js';

/** What is known of the request that failed. */
export interface FailedRequest {
  id: RequestId | null;
  /** Null while the message has not been found to be one of MCP: then the failure is of the transport. */
  era: Era | null;
}

/** Clients have to see these by the HTTP status, also of a sound message; all others travel in an HTTP 200. */
const BY_STATUS: readonly ErrorCode[] = ['UNAUTHENTICATED', 'FORBIDDEN', 'HEADER_MISMATCH'];

const COMMON = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/**
 * Writes the one answer of a request: as JSON, or, once a notification had to go out before it, as the last event of a
 * server-sent event stream. What is written after the client has gone goes nowhere.
 */
export class ReplyWriter {
  private streaming = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly acceptsEvents: boolean,
  ) {
    response.on('error', () => undefined);
  }

  /** A notification of the upstream; dropped for clients that take no stream. */
  notify(text: string): void {
    if (!this.acceptsEvents || this.isOver()) return;
    if (!this.streaming) {
      this.streaming = true;
      this.response.writeHead(200, {
        ...COMMON,
        'content-type': 'text/event-stream',
        'x-accel-buffering': 'no',
      });
    }
    this.event(text);
  }

  answer(text: string): void {
    if (this.isOver()) return;
    if (!this.streaming) return this.json(200, text);
    this.event(text);
    this.response.end();
  }

  accepted(): void {
    if (!this.isOver()) this.response.writeHead(202, COMMON).end();
  }

  notAllowed(): void {
    const error = new AppError('METHOD_NOT_FOUND', 'Only POST is served: no sessions, no standing streams.');
    if (!this.isOver()) this.json(405, errorText(null, error), { allow: 'POST' });
  }

  fail(thrown: unknown, request: FailedRequest): void {
    if (this.isOver()) return;
    const text = errorText(request.id, thrown);
    if (this.streaming) return this.answer(text);
    const { code } = toErrorBody(thrown).error;
    this.json(statusOf(code, request), text, headersFor(code, thrown));
  }

  private isOver(): boolean {
    return this.response.writableEnded || this.response.destroyed;
  }

  private event(text: string): void {
    const lines = text.split(/\r\n|\n|\r/).map((line) => `data: ${line}\n`);
    this.response.write(`event: message\n${lines.join('')}\n`);
  }

  private json(status: number, text: string, extra: Record<string, string> = {}): void {
    this.response.writeHead(status, { ...COMMON, 'content-type': 'application/json', ...extra }).end(text);
  }
}

function statusOf(code: ErrorCode, { id, era }: FailedRequest): number {
  // Streamable HTTP of 2026-07-28 answers unknown methods with 404, as its SDKs do.
  const byStatus = BY_STATUS.includes(code) || (code === 'METHOD_NOT_FOUND' && era === 'modern');
  return byStatus || id === null || era === null ? ERROR_TABLE[code].http : 200;
}

function headersFor(code: ErrorCode, thrown: unknown): Record<string, string> {
  if (code === 'UNAUTHENTICATED')
    return { 'www-authenticate': 'Bearer realm="portcullis", error="invalid_token"' };
  const wait = thrown instanceof AppError ? thrown.details?.['retryAfterMs'] : undefined;
  return typeof wait === 'number' ? { 'retry-after': String(Math.ceil(wait / 1000)) } : {};
}
