import { isIP } from 'node:net';
import { AppError } from '@portcullis/contracts';

/** Where a request goes, after its URL was checked and before its name was resolved. */
export interface Destination {
  /** `scheme://host[:port]`, normalised as WHATWG URL origins are. */
  origin: string;
  protocol: 'http:' | 'https:';
  /** Lower case, punycode, IPv6 without brackets. */
  hostname: string;
  port: number;
  /** Path and query; a fragment is never sent. */
  path: string;
  /** The operator named exactly this host and port. */
  exempt: boolean;
}

/** Exactly the `host:port` pairs the operator configured: never a range, a wildcard or a flag. */
export type Exemptions = ReadonlySet<string>;

export const NO_EXEMPTIONS: Exemptions = new Set();

/** Nothing that a URL parser strips, folds or reads differently from the next parser: controls, blanks, backslashes. */
const AMBIGUOUS = /[\u0000-\u0020\u007f-\u00a0\\]/;
/** Scheme and a non-empty authority, written out: `https:host` and `https:///host` parse, but nobody means them. */
const WRITTEN_OUT = /^https?:\/\/[^/?#]/i;
const USERINFO = /^[a-z]+:\/\/[^/?#]*@/i;

const refuse = (message: string): AppError => new AppError('FORBIDDEN_DESTINATION', message);

/**
 * Checks a URL and takes it apart. Throws FORBIDDEN_DESTINATION for another scheme than http(s), userinfo, control
 * characters, backslashes, port 0, a host with a trailing dot, and for plain http to anything not exempted. The message
 * never repeats the URL, which may hold secrets in its query.
 */
export function parseDestination(url: string, exemptions: Exemptions): Destination {
  const parsed = parseStrictly(url);
  const hostname = unbracket(parsed.hostname);
  const port = portOf(parsed);
  const exempt = exemptions.has(`${parsed.hostname}:${port}`);
  if (parsed.protocol === 'http:' && !exempt) {
    throw refuse('Plain http is allowed only to a host and port that the operator exempted');
  }
  return {
    origin: parsed.origin,
    protocol: parsed.protocol as Destination['protocol'],
    hostname,
    port,
    path: parsed.pathname + parsed.search,
    exempt,
  };
}

/**
 * The origin that credentials are bound to: `scheme://host[:port]`, lower case, punycode, default port left out.
 * Throws FORBIDDEN_DESTINATION for a URL that could never be dialled.
 */
export function canonicalOrigin(url: string): string {
  return parseStrictly(url).origin;
}

/** Reads `host:port` entries (`127.0.0.1:1234`, `mcp.internal:8443`, `[::1]:99`); throws INVALID_ARGUMENT on any other form. */
export function parseExemptions(allow: readonly string[]): Exemptions {
  return new Set(allow.map(normaliseExemption));
}

function normaliseExemption(entry: string): string {
  const match = /^([^/?#@*\s]+):(\d{1,5})$/.exec(entry);
  // The scheme is irrelevant here; parsing it as a URL gives the host the same normal form as a request's URL has.
  const parsed = match && URL.parse(`http://${entry}`);
  if (!match || !parsed || Number(match[2]) === 0) {
    throw new AppError('INVALID_ARGUMENT', `Not a host:port pair: ${JSON.stringify(entry)}`);
  }
  return `${parsed.hostname}:${Number(match[2])}`;
}

function parseStrictly(url: string): URL {
  if (AMBIGUOUS.test(url)) throw refuse('The URL contains a control character, a blank or a backslash');
  if (!WRITTEN_OUT.test(url)) throw refuse('The URL must start with http:// or https:// and a host');
  if (USERINFO.test(url)) throw refuse('The URL must not contain a user or password');
  const parsed = URL.parse(url);
  if (parsed === null) throw refuse('The URL can not be parsed');
  if (parsed.port === '0') throw refuse('Port 0 can not be dialled');
  if (parsed.hostname.endsWith('.')) throw refuse('The host must not end with a dot');
  return parsed;
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

function unbracket(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

export function isAddressLiteral(hostname: string): boolean {
  return isIP(hostname) !== 0;
}
