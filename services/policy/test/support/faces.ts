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

const ATTEMPTS = 5;

/** A busy machine may not answer in time: that is no answer, so it is asked again. */
export async function answerOf(work: () => Promise<Decision>): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return withoutId(await work());
    } catch (error) {
      const { code } = error as { code: string };
      if (code !== 'DEADLINE_EXCEEDED' || attempt === ATTEMPTS) return { error: code };
    }
  }
}

export const answersOf = (results: readonly CheckResult[]): Answer[] =>
  results.map((result) => ('error' in result ? { error: result.error.code } : withoutId(result.decision)));

function withoutId(decision: Decision): Answer {
  const { decisionId: _unique, ...rest } = decision;
  return rest;
}
