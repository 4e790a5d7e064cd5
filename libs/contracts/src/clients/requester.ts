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

export const REQUEST_HEADER = 'Pc-Request';
export const REPLY_HEADER = 'Pc-Reply';
