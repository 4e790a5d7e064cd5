import { AppError, type ReadinessReply } from '@portcullis/contracts';
import { keptFor } from '../deadlines/kept-for.js';
import { within } from '../deadlines/within.js';

/**
 * One thing that has to work for the service to serve: rejects when it does not. Whoever asks is nobody in particular, so
 * only an AppError's message is shown as the reason: a driver's own may name hosts, accounts and files.
 */
export interface ReadinessCheck {
  readonly name: string;
  check(): Promise<void>;
  /** Milliseconds after which a check that hangs counts as failed; default 1500. */
  readonly timeoutMs?: number;
  /** Not everything needs it: without it the service is degraded, but serves. */
  readonly degrades?: true;
}

export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  readonly problem?: string;
  readonly degrades?: true;
}

export interface Readiness {
  readonly ready: boolean;
  /** Ready, but not for everything. */
  readonly degraded: boolean;
  readonly checks: readonly CheckResult[];
}

const CHECK_TIMEOUT_MS = 1500;
/** So that probes are cheap, however many there are. */
const KEEP_MS = 1000;

/** Runs all checks at once; an answer is at most a second old. Never rejects. */
export function readinessOf(
  checks: readonly ReadinessCheck[],
  now: () => number = () => performance.now(),
): () => Promise<Readiness> {
  const runs = checks.map(runner);
  const ask = async (): Promise<Readiness> => {
    const results = await Promise.all(runs.map((run) => run()));
    const failed = results.filter(({ ok }) => !ok);
    const ready = failed.every(({ degrades }) => degrades === true);
    return { ready, degraded: ready && failed.length > 0, checks: results };
  };
  return keptFor(KEEP_MS, ask, now);
}

/** A check that still hangs from last time is waited for, not started again: it holds a connection. */
function runner({
  name,
  check,
  timeoutMs = CHECK_TIMEOUT_MS,
  degrades,
}: ReadinessCheck): () => Promise<CheckResult> {
  const late = () => new AppError('DEADLINE_EXCEEDED', `no answer within ${timeoutMs} ms`);
  const ask = keptFor(0, check);
  return async () => {
    try {
      await within({ deadline: Date.now() + timeoutMs, late }, ask());
      return { name, ok: true };
    } catch (error) {
      const problem = error instanceof AppError ? error.message : 'failed';
      return { name, ok: false, problem, ...(degrades === undefined ? {} : { degrades }) };
    }
  };
}

/** The same for another service that asks: what only degrades this one does not concern it. */
export function readinessReply({ ready, checks }: Readiness): ReadinessReply {
  const problems = checks.filter(({ ok, degrades }) => !ok && degrades === undefined);
  return {
    ready,
    problems: problems.map(({ name, problem }) => `${name}: ${problem}`.slice(0, 300)).slice(0, 20),
  };
}
