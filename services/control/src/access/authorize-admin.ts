import {
  AppError,
  deterministicId,
  newId,
  VERBS,
  type AdminOperation,
  type Authorization,
  type AuthorizeAdminRequest,
  type VerbCaller,
} from '@portcullis/contracts';
import type { Logger } from '@portcullis/platform';
import type { Admin } from '../authentication/admin.js';
import type { Assertions } from '../authentication/assertions.js';
import { sealActor } from '../outbox/seal-actor.js';

export interface AuthorizeAdminParts {
  readonly peers: VerbCaller;
  readonly assertions: Assertions;
  readonly logger: Logger;
}

/** Asks policy, each time, whether this admin may do this. No answer, or anything but an allow, means no. */
export class AuthorizeAdmin {
  constructor(private readonly parts: AuthorizeAdminParts) {}

  /**
   * @returns the allow, with grants where the vault carries the operation out.
   * @throws AppError `DENIED_BY_POLICY` or `APPROVAL_REQUIRED` with rule, revision and how to ask; whatever policy fails with.
   */
  async run(
    admin: Admin,
    operation: AdminOperation,
    { secret = null, ...vaults }: Partial<Pick<AuthorizeAdminRequest, 'secret' | 'kek' | 'erasure'>> = {},
    call: string = newId(),
  ): Promise<Authorization> {
    const { peers, assertions } = this.parts;
    const assertion = assertions.issue(admin.principal, 'policy');
    const authorization = await peers.call(VERBS.authorizeAdmin, {
      assertion,
      operation,
      secret,
      ...vaults,
      call,
    });
    if (authorization.decision === 'allow') return authorization;
    await this.recordDenial(admin, authorization, call);
    throw toRefusal(authorization);
  }

  /** Denials are recorded too. Nothing happened, so a record that can't be written does not turn a no into an error. */
  private async recordDenial(admin: Admin, { denial }: Authorization, call: string): Promise<void> {
    const { peers, logger } = this.parts;
    if (denial === null) return;
    try {
      const recordId = deterministicId('portcullis/v1/denial', admin.principal.org, call);
      const entry = {
        kind: 'denial' as const,
        recordId,
        denial,
        sealed: [sealActor(admin)],
        argumentBytes: 0,
      };
      const { results } = await peers.call(VERBS.append, { entries: [entry] });
      if (results[0]?.status !== 'recorded') logger.error({ recordId }, 'audit refused a denial');
    } catch (err) {
      logger.error({ err }, 'a denial was not recorded');
    }
  }
}

function toRefusal(decision: Authorization): AppError {
  const { rule, revision, policyDigest, decisionId, reasons, message } = decision;
  const code = decision.decision === 'approval_required' ? 'APPROVAL_REQUIRED' : 'DENIED_BY_POLICY';
  const howToAsk =
    'Ask an admin of your organisation for the role or rule that allows it, quoting the decision id.';
  return new AppError(code, message, {
    details: { rule, revision, policyDigest, decisionId, reasons, howToAsk },
  });
}
