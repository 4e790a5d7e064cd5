import { newId, type DecideAtReply, type DecideAtRequest, type PastQuestion } from '@portcullis/contracts';
import { decideQuestion, explainVerdict, type Question } from '@portcullis/policy-engine';
import { requireAdmin } from '../admin/require-admin.js';
import type { PrincipalVerifier } from '../authorize/principal-verifier.js';
import { questionOf } from '../check/question-of.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import type { PolicyHistory } from './policy-history.js';

/** Tells an admin how a question would have been decided at a moment of the past. */
export class DecideAt {
  constructor(
    private readonly principals: PrincipalVerifier,
    private readonly decisions: PolicyDecisions,
    private readonly history: PolicyHistory,
  ) {}

  /** @throws AppError UNAUTHENTICATED, DENIED_BY_POLICY, and whatever {@link PolicyHistory.at} throws */
  async run({ assertion, at, question }: DecideAtRequest): Promise<DecideAtReply> {
    const principal = this.principals.verify(assertion);
    requireAdmin(this.decisions, principal, 'policy.read');
    const snapshot = await this.history.at(principal.claims.org, at);
    const { revision, state } = snapshot;
    const time = 'time' in at ? at.time : state.time;
    const verdict = decideQuestion(snapshot, asQuestion(question, time));
    return { at: { revision, time: state.time }, decision: explainVerdict(verdict, snapshot, newId()) };
  }
}

function asQuestion(question: PastQuestion, time: string): Question {
  const { principal, client = null, agent = null, kind = null, scopes = null } = question;
  return {
    ...questionOf(question, time),
    asker: { user: principal, session: null, client, agent, kind, scopes },
  };
}
