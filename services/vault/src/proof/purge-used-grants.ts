import type { Logger } from '@portcullis/platform';
import type { DataSource } from 'typeorm';

const EVERY_MS = 60_000;
const BATCH = 5000;

/**
 * Removes used grants long after they have expired: an expired grant is refused by its time, so its row protects
 * nothing any more. Row-level security shows the job role no other rows than those.
 */
export class PurgeUsedGrants {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly jobs: DataSource,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.running ??= this.turn().finally(() => (this.running = undefined));
    }, EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Removes what is due, in batches that hold no lock for long, and says how many rows that were. */
  async run(): Promise<number> {
    let total = 0;
    for (;;) {
      const [, removed]: [unknown, number] = await this.jobs.query(
        `DELETE FROM used_grants WHERE ctid = ANY (ARRAY(SELECT ctid FROM used_grants LIMIT ${BATCH}))`,
      );
      total += removed;
      if (removed < BATCH) return total;
    }
  }

  private async turn(): Promise<void> {
    try {
      const removed = await this.run();
      if (removed > 0) this.logger.debug({ removed }, 'expired grants removed');
    } catch (err) {
      this.logger.warn({ err }, 'expired grants could not be removed');
    }
  }
}
