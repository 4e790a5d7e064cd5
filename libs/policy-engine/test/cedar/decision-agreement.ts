import type { Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { decideQuestion } from '../../src/decisions/decide-question.js';
import type { Question } from '../../src/decisions/question.js';
import type { Verdict } from '../../src/decisions/verdict.js';
import { loadIntoCedar, type CedarAnswer } from './cedar.js';
import { question, sample, snapshotOfSample, toRule } from '../samples/organisations.js';

/**
 * How often each built-in rule decided, and rules of the organisation as `allow` and `deny`, apart when a condition was
 * indeterminate. What never occurred was not compared.
 */
export type Tally = Map<string, number>;

/**
 * Random organisations and random questions, put to both engines. Beside the decision the deciding rule is compared: ours
 * must be one of those that Cedar names, and `default-deny` means that Cedar names none.
 */
export function compareWithCedar(organisations: number, questionsEach: number): Tally {
  const tally: Tally = new Map();
  const questions = fc.array(question, { minLength: questionsEach, maxLength: questionsEach });
  fc.assert(
    fc.property(sample, questions, (organisation, asked) => {
      const snapshot = snapshotOfSample(organisation);
      const askCedar = loadIntoCedar(organisation);
      for (const one of asked) {
        const ours = decideQuestion(snapshot, one);
        const cedars = askCedar(one);
        if (!agree(ours, cedars)) {
          throw new Error(describe({ asked: one, ours, cedars, rules: organisation.rules.map(toRule) }));
        }
        const outcome = outcomeOf(ours);
        tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
      }
    }),
    { numRuns: organisations },
  );
  return tally;
}

function outcomeOf({ rule, decision, because }: Verdict): string {
  const uncertain = because.includes(' is indeterminate') ? ', indeterminate' : '';
  return (/^r\d+$/.test(rule) ? decision : rule) + uncertain;
}

const agree = (ours: Verdict, cedars: CedarAnswer): boolean =>
  ours.decision === cedars.decision &&
  (ours.rule === 'default-deny' ? cedars.reasons.length === 0 : cedars.reasons.includes(ours.rule));

const describe = (parts: { asked: Question; ours: Verdict; cedars: CedarAnswer; rules: Rule[] }): string =>
  `The engines disagree: ${JSON.stringify(parts)}`;
