import { AppError, type ReplyKey } from '@portcullis/contracts';
import { canonicalOrigin } from '@portcullis/egress';
import { OpenedCredentials } from '../credentials/opened-credentials.js';
import { Redactor } from '../credentials/redaction.js';
import type { ReplyKeys } from '../credentials/reply-keys.js';
import type { ServerDirectory } from '../identity/server-directory.js';
import type { UpstreamClient } from '../upstream/upstream-client.js';
import type { Authorize } from './authorize.js';
import { grantedDestination } from './granted-destination.js';
import { remainingMs, type Allowed, type GovernedCall, type RecordedIntent } from './governed-call.js';
import type { OpenCredentials } from './open-credentials.js';
import { IntentUnknown, type RecordIntent } from './record-intent.js';
import type { RecordOutcome } from './record-outcome.js';
import { screen, type ScreenedAnswer } from './screen.js';

export interface Steps {
  authorize: Authorize;
  recordIntent: RecordIntent;
  open: OpenCredentials;
  upstream: UpstreamClient;
  recordOutcome: RecordOutcome;
}

/** What steps 6 to 8 leave: the right to make this one call, in hand and on record. */
interface Prepared {
  allowed: Allowed;
  intent: RecordedIntent;
  credentials: OpenedCredentials;
}

/** A lost answer burns the grant, so 6 to 8 are repeated as a whole with a new one, at most so often. */
const MAX_ATTEMPTS = 2;

/**
 * Steps 6 to 11 of a call: authorize, record, open, call, screen, record the outcome. What can't be done up to the call
 * means that the call is not done.
 */
export class GovernedExecution {
  constructor(
    private readonly steps: Steps,
    private readonly replyKeys: ReplyKeys,
    private readonly directory: ServerDirectory,
  ) {}

  /** The answer as the client may see it, once its outcome is on record (write) or on its way there (read). */
  async run(call: GovernedCall): Promise<ScreenedAnswer> {
    const prepared = await this.prepare(call);
    try {
      return await this.perform(call, prepared);
    } finally {
      prepared.credentials.wipe();
    }
  }

  private async prepare(call: GovernedCall): Promise<Prepared> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(call, attempt);
      } catch (error) {
        if (
          attempt === MAX_ATTEMPTS ||
          !isLostAnswer(error) ||
          remainingMs(call) < 1000 ||
          call.signal.aborted
        )
          throw error;
      }
    }
  }

  private async attempt(call: GovernedCall, attempt: number): Promise<Prepared> {
    const replyKey = call.endpoint.slots.length > 0 ? this.replyKeys.current() : null;
    const allowed = await this.steps.authorize.run(call, attempt, replyKey);
    const intent = await this.record(call, allowed);
    try {
      refuseOtherDestination(call, allowed, this.directory);
      return { allowed, intent, credentials: await this.open(call, { allowed, intent }, replyKey) };
    } catch (error) {
      this.steps.recordOutcome.aborted({ allowed, recordId: intent.recordId }, error);
      throw error;
    }
  }

  private async record(call: GovernedCall, allowed: Allowed): Promise<RecordedIntent> {
    try {
      return await this.steps.recordIntent.run(call, allowed);
    } catch (error) {
      if (error instanceof IntentUnknown)
        this.steps.recordOutcome.aborted({ allowed, recordId: error.recordId }, error);
      throw error;
    }
  }

  private open(
    call: GovernedCall,
    proof: { allowed: Allowed; intent: RecordedIntent },
    replyKey: ReplyKey | null,
  ) {
    return replyKey === null
      ? Promise.resolve(OpenedCredentials.none)
      : this.steps.open.run(call, proof, replyKey);
  }

  private async perform(
    call: GovernedCall,
    { allowed, intent, credentials }: Prepared,
  ): Promise<ScreenedAnswer> {
    const proof = { allowed, recordId: intent.recordId };
    const screened = await this.callUpstream(call, credentials).catch(async (error: unknown) => {
      await this.steps.recordOutcome.failed(call, proof, error);
      throw error;
    });
    await this.steps.recordOutcome.answered(call, proof, screened);
    return screened;
  }

  private async callUpstream(call: GovernedCall, credentials: OpenedCredentials): Promise<ScreenedAnswer> {
    if (call.signal.aborted)
      throw new AppError('DEADLINE_EXCEEDED', 'The client went away before the call was made.', {
        details: { sent: false },
      });
    const { principal } = call.principal;
    const redactor = new Redactor(credentials);
    const answer = await this.steps.upstream.request({
      endpoint: call.endpoint,
      principal: `${principal.org} ${principal.sub}`,
      method: call.method,
      params: call.params,
      credentialHeaders: credentials.headers(call.endpoint.slots),
      signal: call.signal,
      deadlineMs: remainingMs(call),
      onNotification: (text) => call.onNotification?.(redactor.redact(text).text),
    });
    return screen(answer, redactor);
  }
}

/** Directory and policy may know different addresses for a moment: nothing goes to one that policy did not name. */
function refuseOtherDestination(call: GovernedCall, allowed: Allowed, directory: ServerDirectory): void {
  if (canonicalOrigin(call.endpoint.url) === grantedDestination(allowed.grants.vault)) return;
  directory.forget(call.principal.principal.org);
  throw new AppError('CONFLICT', 'The address of the server has just been changed. Try again.');
}

/** Policy's, audit's or the vault's answer did not arrive: what they did is unknown, so the grant counts as burnt. */
function isLostAnswer(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  return ['AUDIT_UNAVAILABLE', 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'GRANT_CONSUMED', 'STALE'].includes(
    error.code,
  );
}
