import { z } from 'zod';
import { warn } from '../finding.js';
import type { PartAnswer } from './part.js';

/** A service waits up to 2 s for each of its own checks. */
const TIMEOUT_MS = 6_000;

const checkSchema = z.object({ name: z.string(), ok: z.boolean(), problem: z.string().optional() });
/** Of the health server, or in the details of an admin API problem (RFC 9457). */
const readySchema = z.object({
  checks: z.array(checkSchema).optional(),
  details: z.object({ checks: z.array(checkSchema) }).optional(),
  version: z.string().optional(),
});

export interface ServiceAnswer {
  status: number;
  body: unknown;
}

/** Which of doctor's checks would explain that a service's own check fails, by that check's name in small letters. */
const CAUSES: Record<string, readonly string[]> = {
  nats: ['nats'],
  postgres: ['postgres'],
  database: ['postgres'],
  eventstore: ['eventstore'],
  caughtup: ['eventstore'],
  projection: ['eventstore', 'postgres'],
  // Given by control, which keeps them in its database; policy reads the event store before it has one.
  lease: ['nats', 'control', 'postgres', 'eventstore'],
};

/** @param version of this command line; a service that says another one is told of */
export function judgeReadiness({ status, body }: ServiceAnswer, version: string): PartAnswer {
  const parsed = readySchema.safeParse(body);
  const said = parsed.success ? parsed.data : {};
  const failing = (said.checks ?? said.details?.checks ?? []).filter((check) => !check.ok);
  if (failing.length > 0) {
    const names = failing.map(({ name, problem }) => (problem === undefined ? name : `${name} (${problem})`));
    const causes = failing.map(({ name }) => CAUSES[name.toLowerCase().replaceAll(/[^a-z]/g, '')] ?? []);
    return { problem: `it is not ready: ${names.join(', ')}`, detail: '', causes };
  }
  if (status !== 200) return { problem: `it is not ready (HTTP ${status})`, detail: '' };
  const other = said.version !== undefined && said.version !== version;
  const more = other
    ? [
        warn(
          `it runs version ${said.version}, this command is ${version}`,
          'restart it, or use its own version',
        ),
      ]
    : [];
  return { problem: null, detail: 'it is ready', more };
}

export async function askService(base: string, version: string, signal: AbortSignal): Promise<PartAnswer> {
  try {
    const response = await fetch(`${base}/health/ready`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      redirect: 'error',
    });
    const body = await response.json().catch(() => undefined);
    return judgeReadiness({ status: response.status, body }, version);
  } catch {
    return { problem: `it does not answer at ${base}`, detail: '' };
  }
}
