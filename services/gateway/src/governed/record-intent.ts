import { AppError, newId } from '@portcullis/contracts';
import { within } from '@portcullis/platform';
import type { AuditAppender } from '../recording/audit-appender.js';
import { argumentBytes, type Allowed, type GovernedCall, type RecordedIntent } from './governed-call.js';
import type { SealedSection } from './sealed-section.js';

/** Step 7: the decision is durable before anything is opened or sent. */
export class RecordIntent {
  constructor(
    private readonly appender: AuditAppender,
    private readonly section: SealedSection,
  ) {}

  /** @throws AppError `AUDIT_UNAVAILABLE`: it is not known to be recorded, so the call does not happen. */
  async run(call: GovernedCall, allowed: Allowed): Promise<RecordedIntent> {
    const recordId = newId();
    try {
      const appended = this.appender.append({
        kind: 'intent',
        recordId,
        grant: allowed.grants.audit,
        sealed: [this.section.of(call, allowed)],
        argumentBytes: argumentBytes(call),
      });
      const { receipt } = await within(call, appended);
      if (receipt === null) throw new AppError('UNAVAILABLE', 'Audit gave no receipt.');
      return { recordId, receipt };
    } catch (cause) {
      throw new IntentUnknown(recordId, cause);
    }
  }
}

/** The record may or may not have landed. If it has, it is closed as aborted before effect. */
export class IntentUnknown extends AppError {
  constructor(
    readonly recordId: string,
    cause: unknown,
  ) {
    super('AUDIT_UNAVAILABLE', 'The call could not be recorded, so it was not made.', { cause });
  }
}
