import { AppError, CHECK_MANY_LIMIT, validated, type CheckResult } from '@portcullis/contracts';
import type { PolicyApi } from '../check/policy-api.js';
import { soon, type Soon } from '../check/question-of.js';
import {
  evaluationsSchema,
  type EvaluationParts,
  type Evaluations,
  type Semantic,
} from './authzen-messages.js';
import { itemOf, responseOf, resultOf, type EvaluationResponse } from './evaluation-mapping.js';

/** After which result the rest is not evaluated any more. */
const ENOUGH: Record<Semantic, (last: CheckResult) => boolean> = {
  execute_all: () => false,
  deny_on_first_deny: (last) => !isPermit(last),
  permit_on_first_permit: (last) => isPermit(last),
};

const isPermit = (result: CheckResult): boolean =>
  'decision' in result && result.decision.decision === 'allow';

/** The questions of AuthZEN, put to the objects that answer every other transport. */
export class EvaluateAccess {
  constructor(private readonly api: Pick<PolicyApi, 'checkAccess' | 'checkMany'>) {}

  /** `POST /access/v1/evaluation`. @throws AppError INVALID_ARGUMENT, UNAVAILABLE, STALE */
  one(org: string, body: unknown, atLeastRevision: number | undefined): Soon<EvaluationResponse> {
    return soon(this.api.checkAccess.run(org, { ...itemOf(body), atLeastRevision }), responseOf);
  }

  /** `POST /access/v1/evaluations`: one result for each, up to the one that its semantic ends at. */
  several(
    org: string,
    body: unknown,
    atLeastRevision: number | undefined,
  ): Soon<EvaluationResponse | { evaluations: EvaluationResponse[] }> {
    const { evaluations, options, ...defaults }: Evaluations = validated(evaluationsSchema, body);
    if (evaluations === undefined || evaluations.length === 0)
      return this.one(org, defaults, atLeastRevision);
    if (evaluations.length > CHECK_MANY_LIMIT) throw tooMany(evaluations.length);
    const items = evaluations.map((evaluation) => itemOrError(evaluation, defaults));
    const enough = ENOUGH[options?.evaluations_semantic ?? 'execute_all'];
    return soon(this.api.checkMany.run(org, { items, atLeastRevision }, enough), ({ results }) => ({
      evaluations: results.map(resultOf),
    }));
  }
}

/** What is wrong with one question is the result of that question. */
function itemOrError(evaluation: unknown, defaults: EvaluationParts): unknown {
  try {
    return itemOf(evaluation, defaults);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

const tooMany = (count: number): AppError =>
  new AppError(
    'INVALID_ARGUMENT',
    `The request is invalid. evaluations: a request may have ${CHECK_MANY_LIMIT}, this one has ${count}`,
  );
