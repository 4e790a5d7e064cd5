import { z } from 'zod';
import { warn, type Finding } from '../finding.js';
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

/**
 * Which of doctor's checks would explain that a service's own check fails, by that check's name in small letters. A lease
 * is given by control, which keeps it in its database; policy reads the event store before it has one.
 */
const CAUSES: Record<string, readonly string[]> = {
  nats: ['nats'],
  postgres: ['postgres'],
  eventstore: ['eventstore'],
  caughtup: ['eventstore'],
  projection: ['eventstore', 'postgres'],
  lease: ['nats', 'control', 'postgres', 'eventstore'],
  // It answers late while one of those that it asks itself is silent.
  control: ['control', 'nats', 'postgres', 'policy', 'audit', 'vault'],
  policy: ['policy', 'nats', 'eventstore', 'control', 'postgres'],
  audit: ['audit', 'nats', 'eventstore', 'postgres'],
  vault: ['vault', 'nats', 'postgres', 'control'],
};

/** @param version of this command line; a service that says another one is told of */
export function judgeReadiness({ status, body }: ServiceAnswer, version: string): PartAnswer {
  const parsed = readySchema.safeParse(body);
  const said = parsed.success ? parsed.data : {};
  const failing = (said.checks ?? said.details?.checks ?? []).filter((check) => !check.ok);
  const names = failing.map(({ name, problem }) => (problem === undefined ? name : `${name} (${problem})`));
  const causes = failing.map(({ name }) => CAUSES[name.toLowerCase().replaceAll(/[^a-z]/g, '')] ?? []);
  if (status !== 200) {
    const why = failing.length === 0 ? `HTTP ${status}` : names.join(', ');
    return { problem: `it is not ready: ${why}`, detail: '', causes };
  }
  const more: Finding[] = [];
  if (failing.length > 0)
    more.push({ ...warn(`it is degraded: ${names.join(', ')}`, 'mend what is named there'), causes });
  if (said.version !== undefined && said.version !== version)
    more.push(
      warn(
        `it runs version ${said.version}, this command is ${version}`,
        'restart it, or use its own version',
      ),
    );
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
