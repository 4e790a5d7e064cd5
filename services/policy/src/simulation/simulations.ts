import {
  AppError,
  b64u,
  canonicalBytes,
  sha256,
  type JsonValue,
  type ReadingAbout,
  type Simulation,
} from '@portcullis/contracts';
import { CurrentReader, type Reader } from '../sealed/current-reader.js';
import type { SealedSections } from '../sealed/sealed-sections.js';
import { RunSimulation, type Progress, type SimulationParts } from './run-simulation.js';

export type Pinned = Simulation & { revision: number };

export interface Job {
  readonly org: string;
  readonly run: { readonly progress: Progress };
  /** The report. */
  readonly ended: Promise<string>;
}

interface Kept extends Job {
  /** Who reads sealed sections, where they are read. */
  readonly reader: CurrentReader | undefined;
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

/** Sealed sections of an organisation, for a reader and what that one reads for. */
export type SectionsFor = (org: string, about: ReadingAbout, reader: CurrentReader) => SealedSections;

export interface SimulationsParts extends SimulationParts {
  sections: SectionsFor;
  now(): Date;
}

/** What is to be simulated, and by whom sealed sections are read, where it says so. */
export interface Asking {
  readonly org: string;
  readonly simulation: Pinned;
  readonly reader?: Reader | undefined;
}

/** The simulations of this replica by what they simulate: asking for the same again is asking after it. */
export class Simulations {
  readonly #jobs = new Map<string, Kept>();
  readonly #sweep: NodeJS.Timeout;

  constructor(
    private readonly parts: SimulationsParts,
    private readonly now: () => number = () => performance.now(),
    sweepMs = 5000,
  ) {
    this.#sweep = setInterval(() => this.#dropForgotten(), sweepMs);
    this.#sweep.unref();
  }

  /** @throws AppError RATE_LIMITED while another one of the organisation, or too many of others, are running */
  find(asking: Asking): Job {
    const key = keyOf(asking);
    const job = this.#jobs.get(key) ?? this.#start(key, asking);
    job.askedAt = this.now();
    if (asking.reader !== undefined) job.reader?.renew(asking.reader);
    return job;
  }

  /** Whoever reads for it. */
  cancel(asking: Omit<Asking, 'reader'>): void {
    const digest = digestOf(asking);
    for (const [key, { abort }] of this.#jobs) {
      if (!key.startsWith(digest)) continue;
      abort.abort(cancelled());
      this.#jobs.delete(key);
    }
  }

  stop(): void {
    clearInterval(this.#sweep);
    for (const { abort } of this.#jobs.values()) abort.abort(cancelled());
    this.#jobs.clear();
  }

  #start(key: string, asking: Asking): Kept {
    const { org, simulation } = asking;
    const running = [...this.#jobs.values()].filter(({ state }) => state === 'running');
    if (running.some((job) => job.org === org)) {
      throw new AppError(
        'RATE_LIMITED',
        'Another simulation of the organisation is running: wait or cancel it.',
      );
    }
    if (running.length >= MAX_RUNNING)
      throw new AppError('RATE_LIMITED', 'Too many simulations are running.');
    const reader = asking.reader && new CurrentReader(asking.reader, this.parts.now);
    const { from, to } = simulation;
    const about = { simulation: digestOf(asking), from, to };
    const sections = reader && this.parts.sections(org, about, reader);
    const run = new RunSimulation(this.parts, { org, simulation, sections });
    const abort = new AbortController();
    const job: Kept = {
      org,
      run,
      reader,
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

const digestOf = ({ org, simulation }: Pick<Asking, 'org' | 'simulation'>): string =>
  b64u(sha256(canonicalBytes({ org, simulation: simulation as unknown as JsonValue })));

/** Where sealed sections are read, each reads by leave of their own: nobody is answered by what another was allowed. */
const keyOf = (asking: Asking): string => `${digestOf(asking)} ${asking.reader?.principal.claims.sub ?? ''}`;
