import { Metadata, status as grpcStatus, type StatusObject } from '@grpc/grpc-js';
import type { ExpectedVersion } from '../storage/expected-version.js';

/** EventStoreDB's default `MaxAppendSize`, bytes: data and metadata of all events of one append. */
export const MAX_APPEND_BYTES = 1024 * 1024;

/** A call that ends with a status other than OK; the `exception` trailer tells the client which error it is. */
export class RpcError extends Error implements Partial<StatusObject> {
  readonly code: grpcStatus;
  readonly details: string;
  readonly metadata: Metadata;

  constructor(code: grpcStatus, details: string, trailers: Record<string, string> = {}) {
    super(details);
    this.code = code;
    this.details = details;
    this.metadata = new Metadata();
    for (const [name, value] of Object.entries(trailers)) this.metadata.set(name, headerSafe(value));
  }
}

export const invalidArgument = (details: string): RpcError =>
  new RpcError(grpcStatus.INVALID_ARGUMENT, details);

export const unimplemented = (what: string): RpcError =>
  new RpcError(grpcStatus.UNIMPLEMENTED, `${what}: not offered by the embedded single-node event store`);

export const streamDeleted = (stream: string): RpcError =>
  new RpcError(grpcStatus.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

export const appendTooLarge = (): RpcError =>
  new RpcError(grpcStatus.INVALID_ARGUMENT, `Maximum append size of ${MAX_APPEND_BYTES} bytes exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(MAX_APPEND_BYTES),
  });

/** Of deletes; a unary append answers this with a normal response. `current` is -1 without events. */
export const wrongExpectedVersion = (stream: string, expected: ExpectedVersion, current: number): RpcError =>
  new RpcError(
    grpcStatus.FAILED_PRECONDITION,
    `Wrong expected version on stream '${stream}': expected ${expected}, is ${current < 0 ? 'no_stream' : current}.`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': String(EXPECTED_NUMBER[expected] ?? expected),
      'actual-version': current < 0 ? '' : String(current),
    },
  );

const EXPECTED_NUMBER: Record<string, number> = { no_stream: -1, any: -2, stream_exists: -4 };

/**
 * For whatever was thrown that isn't a refusal. The outcome of a write is then unknown to its caller: the disk may have
 * kept it. The cause goes to standard error, once, and never to the caller.
 */
export function storageFailed(cause: unknown): RpcError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  process.stderr.write(`${JSON.stringify({ level: 'error', msg: 'event store storage failed', reason })}\n`);
  return new RpcError(grpcStatus.UNKNOWN, 'The event store could not use its disk.');
}

/** Clients reconnect on this. */
export const shuttingDown = (): RpcError =>
  new RpcError(grpcStatus.UNAVAILABLE, 'The node is shutting down.');

export const tooLate = (): RpcError =>
  new RpcError(grpcStatus.DEADLINE_EXCEEDED, 'The deadline of the append had passed before it was written.');

/** Header values are printable ASCII. */
const headerSafe = (value: string): string =>
  /^[\x20-\x7e]*$/.test(value) ? value : encodeURIComponent(value);
