import type { CheckItem, CheckRequest, CheckResult, Decision } from '@portcullis/contracts';

/** Something that answers `check`. */
export interface Face {
  name: string;
  check(request: CheckRequest): Promise<Decision>;
}

/** Something that answers several at once. */
export interface ManyFace {
  name: string;
  checkMany(items: CheckItem[]): Promise<readonly CheckResult[]>;
}

/** A decision without its own id, or the code of an error: what all faces must have in common. */
export type Answer = Omit<Decision, 'decisionId'> | { error: string };

export async function answerOf(work: () => Promise<Decision>): Promise<Answer> {
  try {
    return withoutId(await work());
  } catch (error) {
    return { error: (error as { code: string }).code };
  }
}

export const answersOf = (results: readonly CheckResult[]): Answer[] =>
  results.map((result) => ('error' in result ? { error: result.error.code } : withoutId(result.decision)));

function withoutId(decision: Decision): Answer {
  const { decisionId: _unique, ...rest } = decision;
  return rest;
}
