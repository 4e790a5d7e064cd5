import { AppError, type ReplyKey } from '@portcullis/contracts';
import type { ReplicaLease } from '@portcullis/platform';
import { OpenedCredentials } from '../credentials/opened-credentials.js';
import { Redactor } from '../credentials/redaction.js';
import type { ReplyKeys } from '../credentials/reply-keys.js';
import type { ServerDirectory } from '../identity/server-directory.js';
import { isObject } from '../mcp/json-rpc.js';
import { paramHeaders } from '../mcp/param-headers.js';
import type { CallTelemetry } from '../telemetry/call-telemetry.js';
import type { UpstreamClient } from '../upstream/upstream-client.js';
import { DenialUnrecorded, type Authorize } from './authorize.js';
import { requireGrantedTarget } from './granted-target.js';
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

export interface Surroundings {
  directory: ServerDirectory;
  lease: Pick<ReplicaLease, 'requireHeld'>;
  telemetry: Pick<CallTelemetry, 'step'>;
}

/** What steps 6 to 8 leave: the right to make this one call, in hand and on record. */
interface Prepared {
  allowed: Allowed;
  intent: RecordedIntent;
  credentials: OpenedCredentials;
  credentialHeaders: Record<string, string>;
}

/** A lost answer burns the grant, so 6 to 8 are repeated as a whole with a new one, at most so often. */
const MAX_ATTEMPTS = 2;
/** With less time left than this, another attempt could not end well. */
const MIN_FOR_RETRY_MS = 1000;

/**
 * Steps 6 to 11 of a call: authorize, record, open, call, screen, record the outcome. What can't be done up to the call
 * means that the call is not done.
 */
export class GovernedExecution {
  constructor(
    private readonly steps: Steps,
    private readonly replyKeys: ReplyKeys,
    private readonly surroundings: Surroundings,
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
        if (attempt === MAX_ATTEMPTS || !mayBeRepeated(call, error)) throw error;
      }
    }
  }

  private async attempt(call: GovernedCall, attempt: number): Promise<Prepared> {
    const replyKey = call.endpoint.slots.length > 0 ? this.replyKeys.current() : null;
    const authorizing = () => this.steps.authorize.run(call, attempt, replyKey);
    const allowed = await this.surroundings.telemetry.step('authorize', authorizing);
    this.requireTarget(call, allowed);
    const intent = await this.record(call, allowed);
    try {
      return { allowed, intent, ...(await this.open(call, { allowed, intent }, replyKey)) };
    } catch (error) {
      this.steps.recordOutcome.aborted({ allowed, recordId: intent.recordId }, error);
      throw error;
    }
  }

  private requireTarget(call: GovernedCall, allowed: Allowed): void {
    try {
      requireGrantedTarget(allowed.grants.vault, call.endpoint);
    } catch (error) {
      this.surroundings.directory.forget(call.principal.principal.org);
      throw error;
    }
  }

  private async record(call: GovernedCall, allowed: Allowed): Promise<RecordedIntent> {
    try {
      return await this.surroundings.telemetry.step('record intent', () =>
        this.steps.recordIntent.run(call, allowed),
      );
    } catch (error) {
      if (error instanceof IntentUnknown)
        this.steps.recordOutcome.aborted({ allowed, recordId: error.recordId }, error);
      throw error;
    }
  }

  private async open(
    call: GovernedCall,
    proof: { allowed: Allowed; intent: RecordedIntent },
    replyKey: ReplyKey | null,
  ): Promise<Pick<Prepared, 'credentials' | 'credentialHeaders'>> {
    const credentials =
      replyKey === null
        ? OpenedCredentials.none
        : await this.surroundings.telemetry.step('open', () => this.steps.open.run(call, proof, replyKey));
    try {
      // The last moment at which a call that nobody waits for leaves no trace at the upstream.
      call.signal.throwIfAborted();
      // And the last one at which it can be found that this process stood still meanwhile.
      this.surroundings.lease.requireHeld();
      return { credentials, credentialHeaders: credentials.headers(call.endpoint.slots) };
    } catch (error) {
      credentials.wipe();
      throw error;
    }
  }

  private async perform(call: GovernedCall, prepared: Prepared): Promise<ScreenedAnswer> {
    const proof = { allowed: prepared.allowed, recordId: prepared.intent.recordId };
    const screened = await this.callUpstream(call, prepared).catch(async (error: unknown) => {
      await this.surroundings.telemetry.step('record outcome', () =>
        this.steps.recordOutcome.failed(call, proof, error),
      );
      throw error;
    });
    await this.surroundings.telemetry.step('record outcome', () =>
      this.steps.recordOutcome.answered(call, proof, screened),
    );
    return screened;
  }

  private async callUpstream(call: GovernedCall, prepared: Prepared): Promise<ScreenedAnswer> {
    const { principal } = call.principal;
    const args = call.params['arguments'];
    const redactor = new Redactor(prepared.credentials);
    const request = {
      endpoint: call.endpoint,
      principal: `${principal.org} ${principal.sub}`,
      method: call.method,
      params: call.params,
      paramHeaders: isObject(args) ? paramHeaders(call.tool?.definition['inputSchema'], args) : {},
      credentialHeaders: prepared.credentialHeaders,
      signal: call.signal,
      deadline: call.deadline,
      onNotification: (text: string) => call.onNotification?.(redactor.redact(text).text),
    };
    const answer = await this.surroundings.telemetry.step('call', () => this.steps.upstream.request(request));
    return this.surroundings.telemetry.step('screen', () => screen(answer, redactor));
  }
}

/** Policy's, audit's or the vault's answer did not arrive: what they did is unknown, so the grant counts as burnt. */
const LOST_ANSWER = ['AUDIT_UNAVAILABLE', 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'GRANT_CONSUMED', 'STALE'];

function mayBeRepeated(call: GovernedCall, error: unknown): boolean {
  if (call.signal.aborted || remainingMs(call) < MIN_FOR_RETRY_MS) return false;
  if (!(error instanceof AppError) || error instanceof DenialUnrecorded) return false;
  return LOST_ANSWER.includes(error.code);
}
