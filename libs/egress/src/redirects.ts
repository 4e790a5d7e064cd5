import { AppError } from '@portcullis/contracts';
import { NO_EXEMPTIONS, parseDestination, type Destination, type Exemptions } from './destination.js';

export type RequestBody = string | Uint8Array | AsyncIterable<Uint8Array> | null | undefined;
export type RequestHeaders = Record<string, string | string[] | undefined>;

/** One hop: what is sent where. */
export interface Hop {
  to: Destination;
  method: string;
  headers: RequestHeaders;
  body: RequestBody;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Everything else may be a credential under a name we don't know, so it stays with the origin it was meant for. */
const HEADERS_FOR_STRANGERS = new Set([
  'accept',
  'accept-language',
  'content-type',
  'user-agent',
  'mcp-protocol-version',
]);

/** Describe a body; meaningless once it is dropped. */
const BODY_HEADERS = new Set(['content-type', 'content-length', 'content-encoding', 'content-language']);

const refuse = (message: string): AppError => new AppError('FORBIDDEN_DESTINATION', message);

/**
 * The hop that a redirect asks for, or undefined when the answer is no redirect (RFC 9110 section 15.4). The new URL is
 * checked like a first one. An exemption is the operator's word about one destination, not an upstream's: another origin
 * is reached without any, without the headers that may be credentials, and never with a body.
 */
export function nextHop(
  hop: Hop,
  answer: { status: number; location: string | string[] | undefined },
  exemptions: Exemptions,
): Hop | undefined {
  if (!REDIRECTS.has(answer.status) || answer.location === undefined) return undefined;
  if (typeof answer.location !== 'string') throw refuse('The redirect names several locations');
  const url = resolveLocation(answer.location, hop.to);
  const sameOrigin = URL.parse(url)?.origin === hop.to.origin;
  // An origin that was itself reached by a redirect gets no exemption back by redirecting to itself.
  const to = parseDestination(url, sameOrigin && hop.to.exempt ? exemptions : NO_EXEMPTIONS);
  return sameOrigin ? withinOrigin(hop, to, answer.status) : acrossOrigins(hop, to, answer.status);
}

function resolveLocation(location: string, from: Destination): string {
  // Control characters are dropped by URL resolution, so they are looked for before it.
  if (/[\u0000-\u0020\u007f-\u00a0\\]/.test(location))
    throw refuse('The redirect contains a control character');
  const url = URL.parse(location, from.origin + from.path);
  if (url === null) throw refuse('The redirect can not be parsed');
  return url.href;
}

function withinOrigin(hop: Hop, to: Destination, status: number): Hop {
  if (!becomesGet(hop.method, status)) return { ...hop, to, body: replayable(hop.body) };
  return { to, method: 'GET', headers: keep(hop.headers, (name) => !BODY_HEADERS.has(name)), body: null };
}

function acrossOrigins(hop: Hop, to: Destination, status: number): Hop {
  const headers = keep(hop.headers, (name) => HEADERS_FOR_STRANGERS.has(name));
  if (becomesGet(hop.method, status)) {
    return { to, method: 'GET', headers: keep(headers, (name) => !BODY_HEADERS.has(name)), body: null };
  }
  if (hop.body !== null && hop.body !== undefined)
    throw refuse('A redirect would carry the body to another origin');
  return { to, method: hop.method, headers, body: null };
}

function becomesGet(method: string, status: number): boolean {
  if (status === 303) return method !== 'HEAD';
  return (status === 301 || status === 302) && method === 'POST';
}

function replayable(body: RequestBody): RequestBody {
  if (body === null || body === undefined || typeof body === 'string' || body instanceof Uint8Array)
    return body;
  throw new AppError('UPSTREAM_ERROR', 'The upstream redirects a streamed body, which can not be sent twice');
}

function keep(headers: RequestHeaders, accept: (name: string) => boolean): RequestHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => accept(name.toLowerCase())));
}
