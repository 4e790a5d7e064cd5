import type { Logger } from '@portcullis/platform';
import type { InterruptOverdue } from './interrupt-overdue.js';

export const INTERRUPTED_CALLS = {
  name: 'portcullis_interrupted_calls_total',
  help: 'Calls whose outcome never came, closed as interrupted by this replica.',
} as const;

export interface InterruptionOptions {
  logger: Logger;
  intervalMs: number;
  /** Counts the calls that were closed. */
  closed: { inc(by: number): void };
}

/** Looks for overdue calls at an interval, one look at a time, until stopped. */
export class RunInterruption {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = true;

  constructor(
    private readonly overdue: InterruptOverdue,
    private readonly options: InterruptionOptions,
  ) {}

  start(): void {
    this.#stopped = false;
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#look().finally(() => {
        if (!this.#stopped) this.#schedule();
      });
    }, this.options.intervalMs);
  }

  async #look(): Promise<void> {
    try {
      const closed = await this.overdue.run();
      if (closed === 0) return;
      this.options.closed.inc(closed);
      this.options.logger.warn({ closed }, 'calls without outcome were recorded as interrupted');
    } catch (err) {
      this.options.logger.error({ err }, 'overdue calls could not be closed; it will be tried again');
    }
  }
}
