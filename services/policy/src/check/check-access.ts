import type { CheckRequest, Decision } from '@portcullis/contracts';
import { decideQuestion } from '@portcullis/policy-engine';
import { decideOn } from '../decisions/policy-decisions.js';
import type { FreshPolicies } from './fresh-policies.js';
import { questionOf, soon, type Soon } from './question-of.js';

/** Answers internal tools: may this user do that? One class behind every transport, so that the answers are one. */
export class CheckAccess {
  constructor(private readonly policies: FreshPolicies) {}

  /** `org` is that of the caller's credential. @throws AppError UNAVAILABLE when nothing may be decided, STALE */
  run(org: string, request: CheckRequest): Soon<Decision> {
    return soon(
      this.policies.atLeast(org, request.atLeastRevision),
      (moment) =>
        decideOn(org, moment, (snapshot, time) => decideQuestion(snapshot, questionOf(request, time)))
          .decision,
    );
  }
}
