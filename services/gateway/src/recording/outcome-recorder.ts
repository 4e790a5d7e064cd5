import { AppError, type OutcomeEntry } from '@portcullis/contracts';
import type { Logger } from '@portcullis/platform';
import type { AuditAppender } from './audit-appender.js';

/** A read call's outcome follows its answer within so many milliseconds. */
const BEHIND_MS = 50;
const RETRY_MS = 500;
/** So many outcomes may wait for audit to come back; after that, calls wait for their own. */
const MAX_WAITING = 10_000;
/** How long the answer of a write call may wait for its outcome to be durable. */
const WRITE_WAIT_MS = 6000;

/**
 * Step 11. An outcome is retried until audit has it or refuses it for good; the call itself never is. What this process
 * takes with it when it is killed, audit closes as `ToolCallInterrupted`.
 */
export class OutcomeRecorder {
  private readonly waiting: OutcomeEntry[] = [];
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;

  constructor(
    private readonly appender: AuditAppender,
    private readonly logger: Logger,
  ) {}

  /** For reads: shortly behind the answer. */
  recordSoon(entry: OutcomeEntry): Promise<void> {
    if (this.waiting.length >= MAX_WAITING) return this.recordNow(entry);
    this.waiting.push(entry);
    this.schedule(BEHIND_MS);
    return Promise.resolve();
  }

  /**
   * For writes: before the answer goes out.
   *
   * @throws AppError `OUTCOME_UNRECORDED` when it could not be made durable in time; it is retried all the same.
   */
  async recordNow(entry: OutcomeEntry): Promise<void> {
    try {
      await within(WRITE_WAIT_MS, this.appender.append(entry));
    } catch (cause) {
      this.waiting.push(entry);
      this.schedule(RETRY_MS);
      throw new AppError(
        'OUTCOME_UNRECORDED',
        'The call may have been executed, but its outcome could not be recorded.',
        { cause },
      );
    }
  }

  /** Before the process ends: what waits is sent once more. */
  async drain(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.sending;
    await this.send();
  }

  private schedule(delayMs: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.sending = this.send().finally(() => (this.sending = undefined));
    }, delayMs);
  }

  private async send(): Promise<void> {
    const batch = this.waiting.splice(0);
    const settled = await Promise.allSettled(batch.map((entry) => this.appender.append(entry)));
    const again = batch.filter((_, index) => this.mayStillSucceed(settled[index]));
    if (again.length === 0) return;
    this.waiting.push(...again);
    this.schedule(RETRY_MS);
  }

  private mayStillSucceed(result: PromiseSettledResult<unknown> | undefined): boolean {
    if (result?.status !== 'rejected') return false;
    const code = result.reason instanceof AppError ? result.reason.code : 'INTERNAL';
    const final = code === 'INVALID_ARGUMENT' || code === 'UNAUTHENTICATED' || code === 'FORBIDDEN';
    if (final) this.logger.error({ code }, 'audit refuses an outcome');
    return !final;
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AppError('DEADLINE_EXCEEDED', `No answer within ${milliseconds} ms.`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
