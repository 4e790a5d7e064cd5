import { AppError } from '@portcullis/contracts';

/** What a browser says about a request, beside the credential. */
export interface BrowserFacts {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`: browsers set it and pages can't. */
  readonly fetchSite: string | undefined;
  readonly contentType: string | undefined;
  readonly hasBody: boolean;
}

/**
 * Refuses what another site made a browser send.
 *
 * - `Host` must be one that this API is known by: a name that an attacker re-pointed at our address (DNS rebinding) is not.
 * - `Origin`, where there is one, must be that host, and `Sec-Fetch-Site` must not speak of another site.
 * - A body is JSON and says so: a form or a `text/plain` body, which browsers send across origins unasked, is not read
 *   at all. (A write without a body is stopped by the two rules above, and by needing a bearer token at all.)
 */
export function refuseForeignBrowser(facts: BrowserFacts, allowedHosts: readonly string[]): AppError | null {
  const host = facts.host?.toLowerCase();
  if (host === undefined || !isAllowed(host, allowedHosts)) {
    return new AppError('FORBIDDEN', 'This API is not known by the name in the Host header.', {
      details: { reason: 'host_not_allowed', setting: 'HTTP_ALLOWED_HOSTS' },
    });
  }
  if (isCrossOrigin(facts, host)) {
    return new AppError('FORBIDDEN', 'Requests from pages of another origin are not served.', {
      details: { reason: 'cross_origin' },
    });
  }
  if (facts.hasBody && !isJson(facts.contentType)) {
    return new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send this request with Content-Type: application/json.');
  }
  return null;
}

function isCrossOrigin({ origin, fetchSite }: BrowserFacts, host: string): boolean {
  if (origin !== undefined && hostOf(origin) !== host) return true;
  return fetchSite === 'cross-site' || fetchSite === 'same-site';
}

/** An entry without a port allows every port of that host. */
function isAllowed(host: string, allowed: readonly string[]): boolean {
  return allowed.includes(host) || allowed.includes(host.replace(/:\d{1,5}$/, ''));
}

/** `null` (opaque origins, `file:`) and what is no origin at all are nobody's host. */
function hostOf(origin: string): string | null {
  const parsed = URL.parse(origin);
  return parsed === null || parsed.host === '' ? null : parsed.host;
}

const isJson = (contentType: string | undefined): boolean =>
  contentType?.split(';')[0]?.trim().toLowerCase() === 'application/json';
