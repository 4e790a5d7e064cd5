import { ok, warn, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';
import { replicasVariable } from '../../config.js';
import { SERVICES } from '../../setup/trust.js';

/** What the command line itself reads, and what its parts and tests are marked with. */
const KNOWN = [
  ...['PORTCULLIS_KEY', 'PORTCULLIS_INSTANCE', 'PORTCULLIS_PARENT_PIPE', 'PORTCULLIS_RUN_ID'],
  ...SERVICES.map(replicasVariable),
];
const TUNING_PREFIX = 'PORTCULLIS_SET_';

/** @param names of variables; their values are nobody's business here */
export function judgeVariables(names: readonly string[], known: readonly string[] = KNOWN): Finding[] {
  const unknown = names.filter((name) => name.startsWith('PORTCULLIS_') && !isKnown(name, known));
  if (unknown.length === 0) return [ok('no unknown PORTCULLIS_ variable is set')];
  return unknown.map((name) => {
    const meant = nearest(name, known);
    const hint = meant === undefined ? `unset ${name}` : `did you mean ${meant}? Otherwise: unset ${name}`;
    return warn(`${name} is set, and nothing reads it`, hint);
  });
}

export const environmentCheck = (names: readonly string[]): Check => ({
  id: 'environment',
  run: () => judgeVariables(names),
});

function isKnown(name: string, known: readonly string[]): boolean {
  if (known.includes(name)) return true;
  const prefixes = SERVICES.map((service) => `${TUNING_PREFIX}${service.toUpperCase()}_`);
  return prefixes.some((prefix) => name.startsWith(prefix) && name.length > prefix.length);
}

/** The known name or prefix that is at most two edits away. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const near = known.find((candidate) => distance(name, candidate) <= 2);
  if (near !== undefined) return near;
  const parts = name.split('_');
  const [service = ''] = parts.slice(2);
  const meant = SERVICES.find((candidate) => distance(service, candidate.toUpperCase()) <= 2);
  return meant === undefined || parts.length < 4
    ? undefined
    : `${TUNING_PREFIX}${meant.toUpperCase()}_${parts.slice(3).join('_')}`;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
