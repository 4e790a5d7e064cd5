import { AppError, ERROR_TABLE, type AppendEntry } from '@portcullis/contracts';
import { within, type Logger } from '@portcullis/platform';
import type { AuditAppender } from './audit-appender.js';

/** A read call's outcome follows its answer within so many milliseconds. */
const BEHIND_MS = 50;
const RETRY_MS = 500;
/** So many records may wait for audit to come back; after that, calls wait for their own. */
const MAX_WAITING = 10_000;
/** How long the answer of a write call may wait for its outcome to be durable. */
const WRITE_WAIT_MS = 6000;
/** Longer than audit takes to close an intent by itself: what comes after that tells it nothing. */
const RETRY_FOR_MS = 15 * 60_000;

interface Waiting {
  entry: AppendEntry;
  until: number;
}

/**
 * Step 11. A record is retried until audit has it or refuses it for good; the call itself never is. What this process
 * takes with it when it is killed, audit closes as `ToolCallInterrupted`.
 */
export class OutcomeRecorder {
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly appender: AuditAppender,
    private readonly logger: Logger,
  ) {}

  /** Records that wait for audit to take them. */
  get backlog(): number {
    return this.waiting.length;
  }

  /** Shortly behind the answer. Never rejects; false when too many wait already, and this one is not among them. */
  recordLater(entry: AppendEntry): boolean {
    if (this.waiting.length >= MAX_WAITING) return false;
    this.waiting.push({ entry, until: Date.now() + RETRY_FOR_MS });
    this.schedule(BEHIND_MS);
    return true;
  }

  /**
   * Before the answer goes out.
   *
   * @throws AppError `OUTCOME_UNRECORDED` when it could not be made durable in time; it is retried all the same.
   */
  async recordNow(entry: AppendEntry): Promise<void> {
    try {
      await within({ deadline: Date.now() + WRITE_WAIT_MS }, this.appender.append(entry));
    } catch (cause) {
      this.recordLater(entry);
      throw new AppError(
        'OUTCOME_UNRECORDED',
        'The call may have been executed, but its outcome could not be recorded.',
        { cause },
      );
    }
  }

  /** Before the process ends: what waits is sent once more. */
  async drain(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.sending;
    await this.send();
    if (this.waiting.length > 0)
      this.logger.error({ records: this.waiting.length }, 'outcomes are not recorded');
  }

  private schedule(delayMs: number): void {
    if (this.stopped || this.sending !== undefined) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.sending = this.send().then((complete) => {
        this.sending = undefined;
        if (this.waiting.length > 0) this.schedule(complete ? BEHIND_MS : RETRY_MS);
      });
    }, delayMs);
  }

  /** Whether audit has taken everything. */
  private async send(): Promise<boolean> {
    const batch = this.waiting;
    this.waiting = [];
    const settled = await Promise.allSettled(batch.map(({ entry }) => this.appender.append(entry)));
    const again = batch.filter((item, index) => this.mayStillSucceed(item, settled[index]));
    this.waiting.unshift(...again);
    return again.length === 0;
  }

  private mayStillSucceed(item: Waiting, result: PromiseSettledResult<unknown> | undefined): boolean {
    if (result?.status !== 'rejected') return false;
    const code = result.reason instanceof AppError ? result.reason.code : 'INTERNAL';
    if ((ERROR_TABLE[code].retryable || code === 'INTERNAL') && Date.now() < item.until) return true;
    this.logger.error({ code, kind: item.entry.kind }, 'a record is lost: audit refuses it');
    return false;
  }
}
