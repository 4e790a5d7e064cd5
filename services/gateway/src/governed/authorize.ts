import { isIP } from 'node:net';
import {
  AppError,
  newId,
  replyKeyHash,
  VERBS,
  type Authorization,
  type AuthorizeRequest,
  type DenialEntry,
  type ReplyKey,
  type VerbCalls,
} from '@portcullis/contracts';
import { within } from '@portcullis/platform';
import type { Principals } from '../identity/principals.js';
import type { AuditAppender } from '../recording/audit-appender.js';
import type { OutcomeRecorder } from '../recording/outcome-recorder.js';
import { argumentBytes, remainingMs, type Allowed, type GovernedCall } from './governed-call.js';
import type { SealedSection } from './sealed-section.js';

export interface AuthorizeParts {
  readonly caller: VerbCalls;
  readonly principals: Principals;
  readonly appender: AuditAppender;
  readonly recorder: OutcomeRecorder;
  readonly section: SealedSection;
}

/** Step 6: policy decides on exactly what will be sent, and an allow brings the grant. */
export class Authorize {
  constructor(private readonly parts: AuthorizeParts) {}

  /**
   * @throws AppError `DENIED_BY_POLICY`, `APPROVAL_REQUIRED` once the denial is recorded; `UNAUTHENTICATED` when the
   * credential has been revoked meanwhile; `UNAVAILABLE`, `DEADLINE_EXCEEDED`, `AUDIT_UNAVAILABLE`: nothing was done.
   */
  async run(call: GovernedCall, attempt: number, replyKey: ReplyKey | null): Promise<Allowed> {
    const request: AuthorizeRequest = {
      assertion: call.principal.assertion,
      operation: call.operation,
      srv: call.endpoint.srv,
      tool: call.tool?.name ?? null,
      observedDigest: call.tool?.digest ?? null,
      ...(call.tool === null ? {} : { annotations: call.tool.annotations }),
      arguments: call.tool === null ? null : (call.params['arguments'] ?? {}),
      context: { protocol: call.client.protocol, transport: 'http', ...networkOf(call.client.ip) },
      replyKeyHash: replyKey === null ? null : replyKeyHash(replyKey.publicKey),
      call: call.call,
      attempt,
    };
    const answer = await this.parts.caller.call(VERBS.authorize, request, { timeoutMs: remainingMs(call) });
    if (isAllowed(answer)) return answer;
    return this.refuse(call, answer);
  }

  private async refuse(call: GovernedCall, answer: Authorization): Promise<never> {
    await this.recordDenial(call, answer);
    const code = answer.reasons[0]?.code;
    if (code === 'credential_revoked' || code === 'not_a_member') {
      this.parts.principals.forget(call.principal.principal.org, call.principal.principal.sid);
      if (code === 'credential_revoked')
        throw new AppError('UNAUTHENTICATED', 'The credential has been revoked.');
    }
    throw new AppError(
      answer.decision === 'approval_required' ? 'APPROVAL_REQUIRED' : 'DENIED_BY_POLICY',
      answer.message,
      {
        details: {
          decision: answer.decision,
          rule: answer.rule,
          revision: answer.revision,
          policyDigest: answer.policyDigest,
          decisionId: answer.decisionId,
          reasons: answer.reasons,
        },
      },
    );
  }

  /** A denial that can't be recorded now is still a denial, and recorded later; the caller learns that the trail is down. */
  private async recordDenial(call: GovernedCall, answer: Authorization): Promise<void> {
    if (answer.denial === null)
      throw new AppError('UNAVAILABLE', 'Policy refused without a statement for the record.');
    const entry: DenialEntry = {
      kind: 'denial',
      recordId: newId(),
      denial: answer.denial,
      sealed: [this.parts.section.of(call, answer)],
      argumentBytes: argumentBytes(call),
    };
    try {
      await within(call, this.parts.appender.append(entry));
    } catch (cause) {
      this.parts.recorder.recordLater(entry);
      throw new DenialUnrecorded(cause);
    }
  }
}

/** An address with a zone is one of the gateway's own links: no network of it can be named in a policy. */
const networkOf = (ip: string): { ip?: string } => (isIP(ip) === 0 || ip.includes('%') ? {} : { ip });

/** Final: asking policy again would only make another denial. */
export class DenialUnrecorded extends AppError {
  constructor(cause: unknown) {
    super('AUDIT_UNAVAILABLE', 'The call is denied, and the denial could not be recorded yet.', { cause });
  }
}

function isAllowed(answer: Authorization): answer is Allowed {
  return answer.decision === 'allow' && answer.grants !== null;
}
