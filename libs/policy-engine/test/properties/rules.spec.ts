import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { decideQuestion } from '../../src/decisions/decide-question.js';
import type { Question } from '../../src/decisions/question.js';
import type { Snapshot } from '../../src/decisions/snapshot.js';
import type { Verdict } from '../../src/decisions/verdict.js';
import { couldBeAllowed } from '../../src/decisions/visible-tools.js';
import { groupsOf, rolesOf } from '../../src/organisation/state.js';
import { question, sample, sampleRule, snapshotOfSample } from '../samples/organisations.js';
import type { Sample, SampleRule } from '../samples/organisations.js';

const RUNS = { numRuns: 100 };
const FREEDOM = { deny: 0, approval_required: 1, allow: 2 } satisfies Record<Verdict['decision'], number>;
const questions = fc.array(question, { minLength: 20, maxLength: 20 });

const withRules = (organisation: Sample, rules: SampleRule[]): Snapshot =>
  snapshotOfSample({ ...organisation, rules });

const named = (one: SampleRule, id: string): SampleRule => ({ ...one, rule: { ...one.rule, id } });
const effectOf = (one: SampleRule, effect: SampleRule['rule']['effect']): SampleRule => ({
  ...one,
  rule: { ...one.rule, effect },
});

/** Puts each question to both policies, and counts those that came out differently. */
function compare(
  before: Snapshot,
  after: Snapshot,
  asked: Question[],
  judge: (before: Verdict, after: Verdict, asked: Question) => void,
): number {
  let changed = 0;
  for (const one of asked) {
    const [was, is] = [decideQuestion(before, one), decideQuestion(after, one)];
    judge(was, is, one);
    if (was.decision !== is.decision) changed += 1;
  }
  return changed;
}

const notFreer = (was: Verdict, is: Verdict): void =>
  expect(FREEDOM[is.decision]).toBeLessThanOrEqual(FREEDOM[was.decision]);
const notStricter = (was: Verdict, is: Verdict): void => notFreer(is, was);

describe('rules of any kind, for anybody', () => {
  verifies('B8');

  it('decide alike in every order', () => {
    const reordered = sample.chain((organisation) =>
      fc.tuple(
        fc.constant(organisation),
        fc.shuffledSubarray(organisation.rules, { minLength: organisation.rules.length }),
      ),
    );
    fc.assert(
      fc.property(reordered, questions, ([organisation, rules], asked) => {
        const [before, after] = [snapshotOfSample(organisation), withRules(organisation, rules)];
        compare(before, after, asked, (was, is) => expect(is.decision).toBe(was.decision));
      }),
      RUNS,
    );
  });

  it('never free anything by being added, if they restrict', () => {
    let restricted = 0;
    const restricting = fc
      .tuple(sampleRule, fc.constantFrom('deny' as const, 'require_approval' as const))
      .map(([one, effect]) => named(effectOf(one, effect), 'added'));
    fc.assert(
      fc.property(sample, restricting, questions, (organisation, added, asked) => {
        const after = withRules(organisation, [...organisation.rules, added]);
        restricted += compare(snapshotOfSample(organisation), after, asked, notFreer);
      }),
      RUNS,
    );
    expect(restricted).toBeGreaterThan(20);
  });

  it('never free anything by being removed, if they allow, nor restrict anything, if they restrict', () => {
    let changed = 0;
    fc.assert(
      fc.property(sample, fc.nat(), questions, (organisation, pick, asked) => {
        const removed = organisation.rules[pick % organisation.rules.length]!;
        const after = withRules(
          organisation,
          organisation.rules.filter((one) => one !== removed),
        );
        const judge = removed.rule.effect === 'allow' ? notFreer : notStricter;
        changed += compare(snapshotOfSample(organisation), after, asked, judge);
      }),
      RUNS,
    );
    expect(changed).toBeGreaterThan(20);
  });

  it('change nothing for whom they are not: neither decision, nor rule, nor words', () => {
    let others = 0;
    const added = sampleRule.map((one) => named(one, 'added'));
    fc.assert(
      fc.property(sample, added, questions, (organisation, rule, asked) => {
        const before = snapshotOfSample(organisation);
        const after = withRules(organisation, [...organisation.rules, rule]);
        compare(before, after, asked, (was, is, { asker }) => {
          if (isMeant(rule, before, asker.user)) return;
          expect(is).toEqual(was);
          others += 1;
        });
      }),
      RUNS,
    );
    expect(others).toBeGreaterThan(200);
  });

  it('show whatever they allow, also after approval', () => {
    let usable = 0;
    fc.assert(
      fc.property(sample, questions, (organisation, asked) => {
        const snapshot = snapshotOfSample(organisation);
        for (const one of asked) {
          if (decideQuestion(snapshot, one).decision === 'deny') continue;
          const call = { snapshot, question: one, server: snapshot.server(one.server)!, tool: one.tool! };
          expect(couldBeAllowed(call, one.annotations)).toBe(true);
          usable += 1;
        }
      }),
      RUNS,
    );
    expect(usable).toBeGreaterThan(100);
  });
});

function isMeant({ rule }: SampleRule, { state }: Snapshot, user: string): boolean {
  const { everyone, roles = [], groups = [], users = [] } = rule.subjects;
  const [held, joined] = [rolesOf(state, user), groupsOf(state, user)];
  return (
    everyone === true ||
    users.includes(user) ||
    roles.some((role) => held.includes(role)) ||
    groups.some((group) => joined.includes(group))
  );
}
