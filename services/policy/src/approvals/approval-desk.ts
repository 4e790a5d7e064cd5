import { AppError, newId } from '@portcullis/contracts';
import { liveApproval, type ApprovalRequest, type Question } from '@portcullis/policy-engine';
import type { PolicyWriter } from '../commands/policy-writer.js';
import type { Decided } from '../decisions/policy-decisions.js';

export interface ApprovalDeskDeps {
  writer: Pick<PolicyWriter, 'record'>;
  clock: () => Date;
}

/** A call that rules hold back until a second person has approved it. */
export interface HeldCall {
  org: string;
  question: Omit<Question, 'time'> & { call: { id: string; arguments: string } };
  srv: string;
  tool: string;
}

const LASTS_SECONDS = 900;
/** Rules that ask for approval of one call; each has to get its own. */
const MAX_RULES = 16;

/**
 * Uses what has been approved, and asks for what has not. Using is a fact appended at the revision it was decided on, so an
 * approval serves one call even when two replicas are asked at once.
 */
export class ApprovalDesk {
  constructor(private readonly deps: ApprovalDeskDeps) {}

  /**
   * `decide` puts the question to the policy as it is then: at first, since the call may have used its approval in an
   * earlier attempt, and again after one was used.
   * @throws AppError UNAVAILABLE: nothing is granted then
   */
  async settle(held: HeldCall, decide: () => Decided): Promise<Decided> {
    let decided = decide();
    for (let rules = 0; rules < MAX_RULES; rules += 1) {
      if (decided.decision.decision !== 'approval_required') return decided;
      const request = this.#requestOf(held, decided);
      const live = liveApproval(decided.snapshot.state, request, this.#now());
      if (live?.status !== 'granted') return this.#waiting(held, decided, live ?? request);
      if (!(await this.#consume(held, live.approval))) return decided;
      decided = decide();
    }
    return decided;
  }

  #now(): string {
    return this.deps.clock().toISOString();
  }

  #requestOf({ question, srv, tool }: HeldCall, { decision, snapshot }: Decided): ApprovalRequest {
    const approval = snapshot.state.rules.get(decision.rule)?.approval;
    const lasts = (approval?.expiresInSeconds ?? LASTS_SECONDS) * 1000;
    return {
      approval: newId(),
      user: question.asker.user,
      srv,
      tool,
      definition: question.observedDigest ?? null,
      arguments: question.call.arguments,
      rule: decision.rule,
      roles: approval?.roles ?? [],
      groups: approval?.groups ?? [],
      expiresAt: new Date(this.deps.clock().getTime() + lasts).toISOString(),
    };
  }

  /** The answer says which request waits, or that it has been refused. Asking twice is one request. */
  async #waiting(
    { org }: HeldCall,
    decided: Decided,
    request: ApprovalRequest & { status?: string },
  ): Promise<Decided> {
    if (request.status === 'refused') return withReason(decided, 'approval_refused', refusedText(request));
    if (request.status === 'pending') return withReason(decided, 'approval_pending', pendingText(request));
    const { status: _none, ...asked } = request;
    try {
      const time = this.#now();
      await this.deps.writer.record(org, time, { type: 'RequestApproval', time, request: asked });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'FAILED_PRECONDITION') throw error;
      return withReason(decided, 'approval_not_requested', error.message);
    }
    return withReason(decided, 'approval_requested', pendingText(asked));
  }

  /** False when somebody else was faster, or it has expired meanwhile. */
  async #consume({ org, question }: HeldCall, approval: string): Promise<boolean> {
    try {
      const time = this.#now();
      const call = question.call.id;
      await this.deps.writer.record(org, time, { type: 'ConsumeApproval', time, approval, call });
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'FAILED_PRECONDITION') return false;
      throw error;
    }
  }
}

const pendingText = ({ approval, expiresAt }: ApprovalRequest): string =>
  `approval ${approval} has been asked for and is waited for until ${expiresAt}`;

const refusedText = ({ approval, expiresAt }: ApprovalRequest): string =>
  `approval ${approval} has been refused; it can be asked for again after ${expiresAt}`;

/** The same decision, with what became of the request for approval: still not an allow. */
const withReason = ({ decision, ...decided }: Decided, code: string, message: string): Decided => ({
  decision: {
    ...decision,
    reasons: [...decision.reasons, { code, rule: decision.rule, message }].slice(0, 16),
    message: `${decision.message} Note: ${message}.`,
  },
  ...decided,
});
