import type { EventStore, StoredEvent, Subscription, SubscriptionSource } from '../store/event-store.js';
import { Backoff, type BackoffOptions } from './backoff.js';
import type { CheckpointStore } from './checkpoint-store.js';

export interface RunSubscriptionOptions<Tx> {
  store: Pick<EventStore, 'subscribe'>;
  /** Key of the checkpoint. One runner at a time: two with the same name handle everything twice. */
  name: string;
  filter: SubscriptionSource;
  checkpoints: CheckpointStore<Tx>;
  /**
   * At least once, in the order of the store, one at a time. What it writes with `tx` is kept exactly once, because the
   * checkpoint is stored by the same transaction; any other effect MUST be idempotent.
   */
  handle(event: StoredEvent, tx: Tx): Promise<void>;
  /** Where to begin without a checkpoint; exclusive. Default `start`. */
  from?: bigint | 'start' | 'end';
  /** For prefixes: a checkpoint after about so many scanned events. Each is a transaction. Default 512. */
  checkpointInterval?: number;
  backoff?: BackoffOptions;
  /** Every failure, before the pause that follows it: log it here, once. */
  onFailure?(error: Error, attempt: number): void;
}

export interface SubscriptionStatus {
  caughtUp: boolean;
  /** How old the last handled event is while there is more to come, ms; 0 when caught up. */
  lagMs: number;
  /** Of the last handled event or scanned checkpoint: a revision for one stream, else a commit position. */
  position: bigint | undefined;
  /** Consecutive failures; 0 while it runs. */
  failures: number;
}

export interface RunningSubscription {
  /** Resolves the first time everything stored has been handled. Rejects only when stopped before. */
  caughtUp(): Promise<void>;
  status(): SubscriptionStatus;
  /** Waits for the event in hand. */
  stop(): Promise<void>;
}

/** Runs until stopped: after any failure it waits, reads the checkpoint again and goes on from there. */
export function runSubscription<Tx>(options: RunSubscriptionOptions<Tx>): RunningSubscription {
  const runner = new Runner(options);
  runner.start();
  return runner;
}

interface Deferred {
  promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

function deferred(): Deferred {
  const settle: Partial<Deferred> = {};
  const promise = new Promise<void>((resolve, reject) => Object.assign(settle, { resolve, reject }));
  return { ...settle, promise } as Deferred;
}

class Runner<Tx> implements RunningSubscription {
  readonly #options: RunSubscriptionOptions<Tx>;
  readonly #backoff: Backoff;
  readonly #firstCaughtUp = deferred();
  #subscription: Subscription | undefined;
  #starting: Promise<void> | undefined;
  #stopped = false;
  #caughtUp = false;
  #lastCreated: Date | undefined;
  #position: bigint | undefined;

  constructor(options: RunSubscriptionOptions<Tx>) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
    // Nobody has to wait for it.
    this.#firstCaughtUp.promise.catch(() => undefined);
  }

  start(): void {
    this.#starting = this.#subscribe().catch((error: unknown) => this.#failed(error));
  }

  caughtUp(): Promise<void> {
    return this.#firstCaughtUp.promise;
  }

  status(): SubscriptionStatus {
    const lagMs =
      this.#caughtUp || !this.#lastCreated ? 0 : Math.max(0, Date.now() - this.#lastCreated.getTime());
    return { caughtUp: this.#caughtUp, lagMs, position: this.#position, failures: this.#backoff.attempts };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#backoff.cancel();
    await this.#starting;
    await this.#subscription?.stop();
    this.#firstCaughtUp.reject(new Error(`Subscription ${this.#options.name} was stopped`));
  }

  async #subscribe(): Promise<void> {
    const { store, name, filter, checkpoints, from = 'start', checkpointInterval = 512 } = this.#options;
    // The event in hand when the last subscription broke has to settle before anything is handled again.
    await this.#subscription?.stop();
    const stored = await checkpoints.load(name);
    if (this.#stopped) return;
    this.#position = stored;
    this.#subscription = store.subscribe(
      filter,
      { from: stored ?? from, checkpointInterval },
      {
        event: (event) => this.#handle(event),
        checkpoint: (position) => this.#advance(position, () => Promise.resolve()),
        caughtUp: () => this.#reachedEnd(),
        failed: (error) => this.#failed(error),
      },
    );
  }

  async #handle(event: StoredEvent): Promise<void> {
    const position = 'stream' in this.#options.filter ? event.revision : event.position;
    await this.#advance(position, (tx) => this.#options.handle(event, tx));
    this.#lastCreated = event.created;
    this.#backoff.reset();
  }

  async #advance(position: bigint, work: (tx: Tx) => Promise<void>): Promise<void> {
    await this.#options.checkpoints.transact(this.#options.name, position, work);
    this.#position = position;
  }

  #reachedEnd(): void {
    this.#caughtUp = true;
    this.#backoff.reset();
    this.#firstCaughtUp.resolve();
  }

  #failed(thrown: unknown): void {
    this.#caughtUp = false;
    if (this.#stopped) return;
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    this.#backoff.again(() => this.start());
    this.#options.onFailure?.(error, this.#backoff.attempts);
  }
}
