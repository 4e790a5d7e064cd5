import type { VerbSubject } from '../verb.js';

/** One message on its way: the body is contract JSON, the headers carry its authentication. */
export interface WireMessage {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Sends a request to a subject and gives the first answer.
 *
 * A caller may rely on: the promise settles within `timeoutMs` (AppError `DEADLINE_EXCEEDED`), a subject without a
 * responder or a lost connection is AppError `UNAVAILABLE`. It MUST NOT rely on the answer's origin: that is what the
 * reply token is checked for.
 */
export interface Requester {
  request(subject: string, message: WireMessage, timeoutMs: number): Promise<WireMessage>;
}

/** Sends a request to every responder of a subject. */
export interface EachRequester {
  /**
   * The answers that have come when there are so many as were expected, or after `timeoutMs`. None at all is no error;
   * a lost connection is AppError `UNAVAILABLE`. What is promised of an answer's origin is the same as for
   * {@link Requester}: nothing.
   */
  requestEach(
    subject: string,
    message: WireMessage,
    limits: { expected: number; timeoutMs: number },
  ): Promise<WireMessage[]>;
}

export const REQUEST_HEADER = 'Pc-Request';
export const REPLY_HEADER = 'Pc-Reply';
/** Id of the request that this one belongs to, a ULID, and its trace (W3C Trace Context). Nobody vouches for them. */
export const CORRELATION_HEADER = 'Pc-Correlation';
export const TRACE_HEADER = 'traceparent';

/**
 * Sees every call of a {@link VerbCaller}: measures it, and adds headers for whoever operates the system. They are
 * outside of what is authenticated, so nothing MUST ever be decided by them. It runs `call` exactly once and gives
 * back what that gives.
 */
export interface CallObserver {
  observe<T>(
    verb: { readonly subject: VerbSubject; readonly callee: string },
    call: (headers: Readonly<Record<string, string>>) => Promise<T>,
  ): Promise<T>;
}
