import { b64u, sha256 } from '@portcullis/contracts';

/** Some clients refuse longer names. */
const MAX_LENGTH = 64;
const DIGEST_LENGTH = 10;
const SEPARATOR = '__';

/**
 * Name of a server's tool on the aggregated endpoint: `<slug>__<tool>`. Slugs never contain `__`, so the first one
 * separates. A longer name is cut and ends in a digest of the whole: still unique, still starting with the slug.
 */
export function aggregatedName(slug: string, tool: string): string {
  const whole = `${slug}${SEPARATOR}${tool}`;
  if (whole.length <= MAX_LENGTH) return whole;
  const digest = b64u(sha256(whole)).replaceAll('-', '_').slice(0, DIGEST_LENGTH);
  return `${whole.slice(0, MAX_LENGTH - DIGEST_LENGTH - 1)}_${digest}`;
}

/** Slug part of an aggregated name; null when there is none. The tool is found among that server's own. */
export function slugOf(name: string): string | null {
  const at = name.indexOf(SEPARATOR);
  return at > 0 ? name.slice(0, at) : null;
}
