import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { compileCondition } from '../conditions/compile.js';
import { evaluate } from '../conditions/evaluate.js';
import { decideQuestion } from '../decisions/decide-question.js';
import { args, condition, documentOf, FIXTURE, policy, question } from '../testing/arbitrary-documents.js';
import { MEMBER, TIME, withRules } from '../testing/organisation-fixture.js';
import { whyNeverTrue } from './satisfiable.js';
import { validatePolicy } from './validate-policy.js';

describe('what is said never to be true', () => {
  verifies('B7');

  it('is true of nothing', () => {
    let reported = 0;
    fc.assert(
      fc.property(condition, fc.array(args, { minLength: 20, maxLength: 40 }), (when, calls) => {
        const node = compileCondition(when);
        if (whyNeverTrue(node) === undefined) return;
        reported += 1;
        for (const call of calls) {
          const input = { arguments: call, principal: { user: MEMBER }, context: { time: TIME } };
          expect(evaluate(node, input)).not.toBe('yes');
        }
      }),
      { numRuns: 1_000 },
    );
    // Usually some three hundred; a generator that makes none would show nothing.
    expect(reported).toBeGreaterThan(50);
  });

  it.each([
    [{ 'arguments.a': { $lt: 1, $gt: 5 } }],
    [{ 'arguments.a': { $gte: 5, $lte: 5, $ne: 5 } }],
    [{ 'arguments.a': { $in: ['a', 'b'], $glob: 'c*' } }],
    [{ 'arguments.a': 'x', 'arguments.a.b': 1 }],
    [{ 'arguments.a': { $exists: false, $type: 'null' } }],
    [{ $and: [{ 'arguments.a': 1 }, { $not: { 'arguments.a': 1 } }] }],
    [{ 'arguments.a': { $any: { $lt: 1, $gt: 1 } } }],
    [{ 'arguments.a': { $size: { $gt: 1, $lt: 2 } } }],
    [{ 'arguments.a': { $length: { $lt: 0 } } }],
    [{ 'arguments.a': { $any: { $eq: 1 }, $size: { $lt: 1 } } }],
    [{ 'context.time': { $before: '2026-01-01T00:00:00Z', $after: '2026-01-01T00:00:00Z' } }],
    [{ 'principal.kind': { $nin: ['user', 'agent', 'system', 'service'] } }],
    [{ 'principal.roles': 'admin' }],
    [{ $or: [{ 'arguments.a': { $type: 'null', $ne: null } }, { 'arguments.a': { $lt: 0, $gt: 0 } }] }],
  ])('is found in %j', (when) => {
    expect(whyNeverTrue(compileCondition(when))).toEqual(expect.any(String));
  });
});

const USELESS: readonly string[] = ['never-fires', 'shadowed', 'contradiction'];

describe('a rule that is said to be of no use', () => {
  verifies('B7');

  it('decides nothing, and without it everything is decided the same', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(policy, fc.array(question, { minLength: 8, maxLength: 16 }), (rules, questions) => {
        const found = validatePolicy(documentOf(rules), FIXTURE);
        for (const { code, rule } of found) {
          if (!USELESS.includes(code) && code !== 'redundant') continue;
          seen.set(code, (seen.get(code) ?? 0) + 1);
          const all = withRules(...rules);
          const without = withRules(...rules.filter(({ id }) => id !== rule));
          for (const asked of questions) {
            const decided = decideQuestion(all, asked);
            if (USELESS.includes(code)) expect(decided.rule).not.toBe(rule);
            expect(decideQuestion(without, asked).decision).toBe(decided.decision);
          }
        }
      }),
      { numRuns: 400 },
    );
    for (const code of [...USELESS, 'redundant']) expect([code, seen.get(code) ?? 0]).not.toEqual([code, 0]);
  });
});
