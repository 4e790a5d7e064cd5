import type { z } from 'zod';
import type { FindingCode } from './finding.js';
import { pointer } from './pointer.js';

/** One complaint of a schema, for the author of the file. */
export interface Complaint {
  code: FindingCode;
  at: string;
  reason: string;
}

/** A schema's complaints, each at the innermost place it is about. */
export function complaintsOf(error: z.ZodError): Complaint[] {
  return error.issues.flatMap((issue) => complaints(issue as z.core.$ZodIssue, []));
}

type Issue = z.core.$ZodIssue;

function complaints(issue: Issue, above: PropertyKey[]): Complaint[] {
  const path = [...above, ...issue.path];
  const at = (...more: PropertyKey[]) => pointer([...path, ...more] as (string | number)[]);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        code: 'unknown-field',
        at: at(key),
        reason: `there is no field "${key}"`,
      }));
    case 'invalid_key':
      return [
        { code: 'invalid-value', at: at(), reason: `${say(issue.path.at(-1))}: ${messages(issue.issues)}` },
      ];
    case 'invalid_union': {
      const nearest = issue.errors.reduce((a, b) => (deepest(b) > deepest(a) ? b : a), issue.errors[0] ?? []);
      if (deepest(nearest) > 0) return nearest.flatMap((inner) => complaints(inner, path));
      return [{ code: 'invalid-value', at: at(), reason: messages(issue.errors.flat()) || issue.message }];
    }
    default:
      return [{ code: 'invalid-value', at: at(), reason: lower(issue.message) }];
  }
}

const deepest = (issues: readonly Issue[]): number => Math.max(0, ...issues.map(({ path }) => path.length));

const messages = (issues: readonly Issue[]): string =>
  [...new Set(issues.map(({ message }) => lower(message)))].join(', or ');

const say = (key: PropertyKey | undefined): string => `"${String(key)}"`;

const lower = (message: string): string =>
  message.replace(/^Invalid input: /, '').replace(/^[A-Z](?=[a-z])/, (a) => a.toLowerCase());
