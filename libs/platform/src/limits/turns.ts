import { AppError } from '@portcullis/contracts';

export interface TurnLimits {
  /** Pieces of work at once. */
  readonly running: number;
  /** Callers that may wait for their turn. */
  readonly waiting: number;
  /** What a caller is told who finds the queue full. */
  readonly refusal: string;
}

/** Lets a bounded number of pieces of work run at once, in the order of arrival, and a bounded number wait. */
export class Turns {
  private running = 0;
  private readonly queue: (() => void)[] = [];

  constructor(private readonly limits: TurnLimits) {}

  /** Whether nothing runs and nobody waits. */
  get isIdle(): boolean {
    return this.running === 0;
  }

  /** @throws AppError `RATE_LIMITED` when the queue is full; whatever `work` throws. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    await this.begin();
    try {
      return await work();
    } finally {
      const next = this.queue.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }

  private begin(): Promise<void> {
    if (this.running < this.limits.running) {
      this.running += 1;
      return Promise.resolve();
    }
    if (this.queue.length >= this.limits.waiting) throw new AppError('RATE_LIMITED', this.limits.refusal);
    // Whoever finishes hands over its turn: `running` stays as it is.
    return new Promise((resolve) => this.queue.push(resolve));
  }
}
