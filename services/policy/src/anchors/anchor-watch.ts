import { setTimeout as pause } from 'node:timers/promises';
import { AppError, type PolicyHead } from '@portcullis/contracts';
import type { PolicyReplica } from '../replica/policy-replica.js';
import type { RecordedHeads } from './recorded-heads.js';

export interface AnchorWatchParts {
  replica: Pick<PolicyReplica, 'known' | 'confirm'>;
  recorded: RecordedHeads;
  /** A comparison has just found an organisation's facts wrong. */
  onBroken(org: string, recorded: PolicyHead | null): Promise<void>;
  /** A comparison could not be made; it is repeated. */
  onFailure(error: unknown): void;
  /** Monotonic, milliseconds. */
  now?: () => number;
}

const INTERVAL_MS = 30_000;
const RETRY_MS = 250;
const CONCURRENCY = 4;

/**
 * Holds every organisation's facts against what audit has recorded of them: before the replica serves, every half minute,
 * and for those that have changed. What it finds wrong is denied from then on; when audit does not answer, the replica
 * goes on with what was compared before.
 */
export class AnchorWatch {
  #comparedAt: number | undefined;
  #turn: Promise<void> = Promise.resolve();
  readonly #wanted = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #failing = false;

  constructor(private readonly parts: AnchorWatchParts) {}

  /** Resolves when everything has been compared once, however long audit takes to be there. */
  async start(): Promise<void> {
    while (!this.#stopped && !(await this.#compareAll())) await pause(RETRY_MS);
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#turn;
  }

  /** These have changed: compares them as soon as may be. */
  soon(orgs: readonly string[]): void {
    for (const org of orgs) this.#wanted.add(org);
    void this.#inTurn(() => {
      const wanted = [...this.#wanted];
      this.#wanted.clear();
      return this.#compare(wanted);
    });
  }

  /** Seconds since everything was last compared; infinite before the first time. */
  get ageSeconds(): number {
    return this.#comparedAt === undefined ? Infinity : (this.#now() - this.#comparedAt) / 1000;
  }

  readonly check = {
    name: 'anchored',
    check: (): Promise<void> =>
      this.#comparedAt === undefined ? Promise.reject(notCompared()) : Promise.resolve(),
  };

  #now(): number {
    return (this.parts.now ?? (() => performance.now()))();
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#compareAll().finally(() => this.#schedule()), INTERVAL_MS);
    this.#timer.unref();
  }

  async #compareAll(): Promise<boolean> {
    const began = this.#now();
    const done = await this.#inTurn(() => this.#compare(this.parts.replica.known()));
    if (done) this.#comparedAt = began;
    return done;
  }

  /** Whether it was done. A failure is reported once, until it works again. */
  #inTurn(work: () => Promise<void>): Promise<boolean> {
    const done = this.#turn.then(work).then(
      () => {
        this.#failing = false;
        return true;
      },
      (error: unknown) => {
        if (!this.#failing) this.parts.onFailure(error);
        this.#failing = true;
        return false;
      },
    );
    this.#turn = done.then(() => undefined);
    return done;
  }

  async #compare(orgs: readonly string[]): Promise<void> {
    for await (const recorded of this.parts.recorded.of(orgs)) {
      const queue = [...recorded];
      const worker = async (): Promise<void> => {
        for (let next = queue.pop(); next !== undefined; next = queue.pop()) await this.#confirm(...next);
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    }
  }

  async #confirm(org: string, recorded: PolicyHead | null): Promise<void> {
    const isFoundBroken = await this.parts.replica.confirm(org, recorded);
    if (isFoundBroken) await this.parts.onBroken(org, recorded);
  }
}

const notCompared = (): AppError =>
  new AppError('UNAVAILABLE', 'The facts have not been compared with what audit has recorded of them yet.');
