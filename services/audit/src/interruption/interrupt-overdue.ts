import { randomBytes } from 'node:crypto';
import { b64u } from '@portcullis/contracts';
import type { AppendClock } from '../append/append-clock.js';
import type { ClosingCalls } from '../append/closing-calls.js';
import type { RecordOnce } from '../append/record-once.js';
import type { Overdue, Projection } from '../ports/projection.js';
import type { ReadBarrier } from '../ports/read-barrier.js';
import { interruptedRecord } from '../records/compose-record.js';

export interface InterruptParts {
  projection: Pick<Projection, 'overdue' | 'pendingIntent'>;
  barrier: ReadBarrier;
  records: Pick<RecordOnce, 'run'>;
  closing: ClosingCalls;
  clock: AppendClock;
  /** Milliseconds for one look at what is overdue, and for one append. */
  deadlineMs: number;
}

const AT_ONCE = 200;

/**
 * Closes the intents whose outcome didn't come by their deadline. Twice does no harm: the recordId is made of the
 * grant, so there is one `ToolCallInterrupted` for it, whoever records it.
 */
export class InterruptOverdue {
  constructor(private readonly parts: InterruptParts) {}

  /** @returns how many calls were closed */
  async run(): Promise<number> {
    const { projection, clock } = this.parts;
    const overdue = await projection.overdue(clock.now(), AT_ONCE);
    const organisations = [...new Set(overdue.map(({ org }) => org))];
    const closed = await Promise.all(
      organisations.map((org) =>
        this.#close(
          org,
          overdue.filter((call) => call.org === org),
        ),
      ),
    );
    return closed.reduce((sum, count) => sum + count, 0);
  }

  /** What is being closed by its outcome at this moment is left to it, and looked at again next time. */
  async #close(org: string, calls: readonly Overdue[]): Promise<number> {
    const taken = calls.flatMap((call) => {
      const release = this.parts.closing.tryTake(call.grantHash);
      return release === undefined ? [] : [{ call, release }];
    });
    try {
      return await this.#interrupt(
        org,
        taken.map(({ call }) => call),
      );
    } finally {
      for (const { release } of taken) release();
    }
  }

  /** An outcome may be stored that the projection has not seen: only what is open after catching up is closed. */
  async #interrupt(org: string, calls: readonly Overdue[]): Promise<number> {
    const { projection, barrier, records, clock, deadlineMs } = this.parts;
    await barrier.reached(org, clock.now().getTime() + deadlineMs);
    const intents = await Promise.all(calls.map((call) => projection.pendingIntent(call)));
    const open = intents.filter((intent) => intent !== undefined);
    await Promise.all(
      open.map((intent) => {
        const accepted = { time: clock.now(), nonce: b64u(randomBytes(16)) };
        return records.run(interruptedRecord(intent, accepted), accepted.time.getTime() + deadlineMs);
      }),
    );
    return open.length;
  }
}
