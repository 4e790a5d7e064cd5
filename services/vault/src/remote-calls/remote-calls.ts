import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@portcullis/contracts';
import { Turns, within } from '@portcullis/platform';
import { Circuit, type CircuitLimits } from './circuit.js';
import { KeyFault, keyUnavailable } from './key-fault.js';

export interface RemoteLimits {
  /** Milliseconds after which a call has ended, with all its attempts and its waiting for a turn. */
  readonly deadlineMs: number;
  /** Calls under way at once; as many as 16 times that may wait. */
  readonly concurrency: number;
  readonly attempts: number;
  readonly circuit: CircuitLimits;
}

export const REMOTE_LIMITS: RemoteLimits = {
  deadlineMs: 3000,
  concurrency: 16,
  attempts: 3,
  circuit: { failures: 5, probeAfterMs: 5000 },
};

/** Time and chance, for tests that script them. */
export interface Pacing {
  /** Monotonic milliseconds. */
  now(): number;
  /** 0 ≤ x < 1 */
  random(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const PACING: Pacing = {
  now: () => performance.now(),
  random: Math.random,
  sleep: async (ms, signal) => void (await sleep(ms, undefined, { signal })),
};

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;
const WAITING_PER_TURN = 16;

/** One try of a call. It MUST end when the signal is aborted, and reject with a {@link KeyFault} for what it can tell. */
export type Attempt<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Calls of one key's service: each ends by its deadline, so many at once and no more, repeated after a pause where that may
 * help, and not made at all while the service fails everything. A library for this (cockatiel 4) was tried: its circuit goes by
 * the wall clock, so that a clock set back by an hour keeps it open for an hour, it starts one more attempt after the
 * time is up, and its clock can't be scripted.
 */
export class RemoteCalls {
  private readonly circuit: Circuit;
  private readonly turns: Turns;
  private closed = false;

  constructor(
    private readonly reference: string,
    private readonly limits: RemoteLimits = REMOTE_LIMITS,
    private readonly pacing: Pacing = PACING,
  ) {
    this.circuit = new Circuit(limits.circuit, pacing.now);
    const running = limits.concurrency;
    const waiting = running * WAITING_PER_TURN;
    this.turns = new Turns({ running, waiting, refusal: 'Too many calls wait for the key service.' });
  }

  /** For what may be asked twice: to wrap, unwrap, rewrap, read. @throws AppError `KEY_UNAVAILABLE`, `DECRYPTION_FAILED` */
  async run<T>(attempt: Attempt<T>): Promise<T> {
    if (this.closed) throw this.refusal('closed', 'it is not held any more');
    if (!this.circuit.enter())
      throw this.refusal('circuit_open', 'its service failed repeatedly and is left alone for a moment');
    let works: boolean | null = false;
    try {
      const result = await this.withinDeadline(attempt);
      works = true;
      return result;
    } catch (error) {
      works = isBusy(error) ? null : error instanceof KeyFault && !error.passing;
      throw this.told(error);
    } finally {
      this.circuit.ended(works);
    }
  }

  close(): void {
    this.closed = true;
  }

  private async withinDeadline<T>(attempt: Attempt<T>): Promise<T> {
    const ended = new AbortController();
    const waiting = {
      deadline: Date.now() + this.limits.deadlineMs,
      late: () => new KeyFault('timeout', `${this.limits.deadlineMs} ms`),
    };
    try {
      return await within(
        waiting,
        this.turns.take(() => this.repeated(attempt, ended.signal)),
      );
    } finally {
      ended.abort();
    }
  }

  private async repeated<T>(attempt: Attempt<T>, signal: AbortSignal): Promise<T> {
    for (let made = 1; ; made += 1) {
      // Whose turn comes after its deadline has nobody left who waits for it.
      signal.throwIfAborted();
      try {
        return await attempt(signal);
      } catch (error) {
        const again = error instanceof KeyFault && error.passing && made < this.limits.attempts;
        if (!again || signal.aborted) throw error;
        await this.pacing.sleep(this.pause(made), signal);
      }
    }
  }

  /** Full jitter: callers that failed together don't come back together. */
  private pause(made: number): number {
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** made);
    return Math.floor(longest * this.pacing.random());
  }

  /** What is not a fault that an adapter recognised may hold anything, so it is named only. */
  private told(error: unknown): AppError {
    if (error instanceof KeyFault) return error.toError(this.reference);
    if (isBusy(error)) return this.refusal('busy', 'too many calls wait for its service');
    const name = error instanceof Error ? error.name : typeof error;
    return new KeyFault('failing', /^\w{1,60}$/.test(name) ? name : '').toError(this.reference);
  }

  private refusal(reason: string, words: string): AppError {
    return keyUnavailable(this.reference, reason, `The key "${this.reference}" can not be used: ${words}.`);
  }
}

/** Nobody's turn came: says nothing of the service. */
const isBusy = (error: unknown): boolean => error instanceof AppError && error.code === 'RATE_LIMITED';
