import {
  AppError,
  b64u,
  canonicalBytes,
  sha256,
  type JsonValue,
  type Simulation,
} from '@portcullis/contracts';
import { RunSimulation, type Progress, type SimulationParts } from './run-simulation.js';

export type Pinned = Simulation & { revision: number };

export interface Job {
  readonly org: string;
  readonly run: { readonly progress: Progress };
  /** The report. */
  readonly ended: Promise<string>;
}

interface Kept extends Job {
  readonly abort: AbortController;
  state: 'running' | 'done';
  /** Milliseconds of a monotonic clock. */
  askedAt: number;
}

/** Nobody waits for a simulation that nobody has asked after for so long. */
const FORGOTTEN_MS = 60_000;
const KEPT_MS = 600_000;
const MAX_KEPT = 16;
const MAX_RUNNING = 2;

/** The simulations of this replica by what they simulate: asking for the same again is asking after it. */
export class Simulations {
  readonly #jobs = new Map<string, Kept>();
  readonly #sweep: NodeJS.Timeout;

  constructor(
    private readonly parts: SimulationParts,
    private readonly now: () => number = () => performance.now(),
    sweepMs = 5000,
  ) {
    this.#sweep = setInterval(() => this.#dropForgotten(), sweepMs);
    this.#sweep.unref();
  }

  /** @throws AppError RATE_LIMITED while another one of the organisation, or too many of others, are running */
  find(org: string, simulation: Pinned): Job {
    const key = keyOf(org, simulation);
    const job = this.#jobs.get(key) ?? this.#start(key, org, simulation);
    job.askedAt = this.now();
    return job;
  }

  cancel(org: string, simulation: Pinned): void {
    const key = keyOf(org, simulation);
    this.#jobs.get(key)?.abort.abort(cancelled());
    this.#jobs.delete(key);
  }

  stop(): void {
    clearInterval(this.#sweep);
    for (const { abort } of this.#jobs.values()) abort.abort(cancelled());
    this.#jobs.clear();
  }

  #start(key: string, org: string, simulation: Pinned): Kept {
    const running = [...this.#jobs.values()].filter(({ state }) => state === 'running');
    if (running.some((job) => job.org === org)) {
      throw new AppError(
        'RATE_LIMITED',
        'Another simulation of the organisation is running: wait or cancel it.',
      );
    }
    if (running.length >= MAX_RUNNING)
      throw new AppError('RATE_LIMITED', 'Too many simulations are running.');
    const run = new RunSimulation(this.parts, org, simulation);
    const abort = new AbortController();
    const job: Kept = {
      org,
      run,
      abort,
      state: 'running',
      askedAt: this.now(),
      ended: run.run(abort.signal),
    };
    this.#jobs.set(key, job);
    job.ended.then(
      () => this.#keep(job),
      // Asked again, it begins again: what was wrong may be right by then.
      () => this.#remove(key, job),
    );
    return job;
  }

  #remove(key: string, job: Kept): void {
    if (this.#jobs.get(key) === job) this.#jobs.delete(key);
  }

  #keep(job: Kept): void {
    job.state = 'done';
    const done = [...this.#jobs].filter(([, { state }]) => state === 'done');
    for (const [key] of done.slice(0, Math.max(0, done.length - MAX_KEPT))) this.#jobs.delete(key);
  }

  #dropForgotten(): void {
    for (const [key, { state, askedAt, abort }] of this.#jobs) {
      if (this.now() - askedAt <= (state === 'done' ? KEPT_MS : FORGOTTEN_MS)) continue;
      abort.abort(cancelled());
      this.#jobs.delete(key);
    }
  }
}

const cancelled = (): AppError => new AppError('CONFLICT', 'The simulation was cancelled.');

const keyOf = (org: string, simulation: Pinned): string =>
  b64u(sha256(canonicalBytes({ org, simulation: simulation as unknown as JsonValue })));
