import {
  AppError,
  checkItemSchema,
  describeFaults,
  type CheckManyReply,
  type CheckManyRequest,
  type CheckResult,
} from '@portcullis/contracts';
import { decideQuestion } from '@portcullis/policy-engine';
import { decideOn, type Moment } from '../decisions/policy-decisions.js';
import type { FreshPolicies } from './fresh-policies.js';
import { questionOf, soon, type Soon } from './question-of.js';

/** Whether the results so far are all that is wanted. */
export type Enough = (last: CheckResult) => boolean;

const never: Enough = () => false;

/** Answers up to a hundred questions from one revision of the policy, each by itself. */
export class CheckMany {
  constructor(private readonly policies: FreshPolicies) {}

  /**
   * One result for each item, in their order, up to and including the first that is `enough`. An item that is wrong gets an
   * error of its own. @throws AppError UNAVAILABLE, STALE: then nothing was decided
   */
  run(org: string, request: CheckManyRequest, enough: Enough = never): Soon<CheckManyReply> {
    return soon(this.policies.atLeast(org, request.atLeastRevision), (moment) => {
      const results: CheckResult[] = [];
      for (const item of request.items) {
        const result = answer(org, moment, item);
        results.push(result);
        if (enough(result)) break;
      }
      return { results, revision: moment.view.snapshot.revision };
    });
  }
}

function answer(org: string, moment: Moment, item: unknown): CheckResult {
  // What a transport could not read, it hands over as the error that it is.
  if (item instanceof AppError) return { error: { code: item.code, message: item.message } };
  const parsed = checkItemSchema.safeParse(item);
  if (!parsed.success) {
    const message = `The item is invalid. ${describeFaults(parsed.error, '(item)')}`;
    return { error: { code: 'INVALID_ARGUMENT', message } };
  }
  const { decision } = decideOn(org, moment, (snapshot, time) =>
    decideQuestion(snapshot, questionOf(parsed.data, time)),
  );
  return { decision };
}
