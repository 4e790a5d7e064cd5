import { AppError } from '@portcullis/contracts';
import type { z } from 'zod';
import type { RouteSpec } from './route.js';

/** What a client got wrong: where in the request, and what is wrong there. Never the value itself. */
export interface RequestFault {
  readonly where: string;
  readonly what: string;
}

export interface RawRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

const PARTS = ['params', 'query', 'body'] as const;

/**
 * The parts of a request as its specification describes them. What a route doesn't name it doesn't take.
 *
 * @throws AppError `INVALID_ARGUMENT` with `details.faults`, each saying where and what.
 */
export function readRequest(spec: RouteSpec, raw: RawRequest) {
  const faults: RequestFault[] = [];
  const read: Record<(typeof PARTS)[number], unknown> = {
    params: undefined,
    query: undefined,
    body: undefined,
  };
  for (const part of PARTS) {
    const schema = spec[part];
    if (schema === undefined) {
      if (!isEmpty(raw[part])) faults.push({ where: part, what: `this operation takes no ${part}` });
      continue;
    }
    const result = schema.safeParse(raw[part] ?? (part === 'query' ? {} : raw[part]));
    if (result.success) read[part] = result.data;
    else faults.push(...result.error.issues.flatMap((issue) => toFaults(part, issue)));
  }
  if (faults.length === 0) return read;
  const listed = faults.slice(0, 20);
  const sentence = listed.map(({ where, what }) => `${where}: ${what}`).join('; ');
  throw new AppError('INVALID_ARGUMENT', `The request is invalid. ${sentence}`, {
    details: { faults: listed },
  });
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);

function toFaults(part: string, issue: z.core.$ZodIssue): RequestFault[] {
  const at = [part, ...issue.path.map(String)].join('.');
  if (issue.code !== 'unrecognized_keys') return [{ where: at, what: issue.message }];
  return issue.keys.map((key) => ({ where: `${at}.${key.slice(0, 64)}`, what: 'unknown field' }));
}
