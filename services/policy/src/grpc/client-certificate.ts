const PREFIX = 'URI:portcullis:policy-client:';
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/**
 * The policy client that a certificate is bound to: its one subject alternative name `portcullis:policy-client:<ULID>` (a URI,
 * RFC 5280 section 4.2.1.6). Undefined: it is bound to none.
 *
 * @param alternativeNames as `node:tls` gives them, `URI:…, DNS:…`. Names that it had to quote could be read as others, so
 * that a certificate with any of those is bound to nobody.
 */
export function boundClient(alternativeNames: string | undefined): string | undefined {
  if (alternativeNames === undefined || alternativeNames.includes('"')) return undefined;
  const bound = alternativeNames.split(', ').filter((name) => name.startsWith(PREFIX));
  const [client = ''] = bound.map((name) => name.slice(PREFIX.length));
  return bound.length === 1 && ULID.test(client) ? client : undefined;
}
