import type { Logger } from '@portcullis/platform';
import type { InterruptOverdue } from './interrupt-overdue.js';

/** Looks for overdue calls at an interval, one look at a time, until stopped. */
export class RunInterruption {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = true;

  constructor(
    private readonly overdue: InterruptOverdue,
    private readonly logger: Logger,
    private readonly intervalMs: number,
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
    }, this.intervalMs);
  }

  async #look(): Promise<void> {
    try {
      const closed = await this.overdue.run();
      if (closed > 0) this.logger.warn({ closed }, 'calls without outcome were recorded as interrupted');
    } catch (err) {
      this.logger.error({ err }, 'overdue calls could not be closed; it will be tried again');
    }
  }
}
