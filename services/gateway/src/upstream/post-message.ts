import { type ServerEndpoint } from '@portcullis/contracts';
import type { Dialer, DialerResponse } from '@portcullis/egress';
import { outgoingHeaders, outgoingMessage, type Outgoing } from './outgoing-message.js';
import type { UpstreamSession } from './upstream-session.js';

/** One server as one principal reaches it, until a deadline. */
export interface UpstreamHop {
  endpoint: ServerEndpoint;
  /** Organisation and subject: neither connections nor sessions are shared between two of them. */
  principal: string;
  /** Headers that carry opened credentials. */
  credentialHeaders: Record<string, string>;
  signal?: AbortSignal;
  /** Milliseconds since the epoch. */
  deadline: number;
}

/** Of a whole answer, notifications before it included: also what an endless stream ends at. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** Sends one JSON-RPC message. @throws AppError as the dialer does */
export function postMessage(
  dialer: Dialer,
  hop: UpstreamHop,
  session: UpstreamSession,
  message: Outgoing,
): Promise<DialerResponse> {
  return dialer.request(hop.endpoint.url, {
    method: 'POST',
    headers: outgoingHeaders(session, message, hop.credentialHeaders),
    body: outgoingMessage(session, message),
    ...(hop.signal === undefined ? {} : { signal: hop.signal }),
    deadlineMs: Math.max(1, hop.deadline - Date.now()),
    maxResponseBytes: MAX_ANSWER_BYTES,
    partition: hop.principal,
    // A redirect is an answer like any other: a credential never follows it.
    redirect: 'manual',
  });
}
