import type { CedarValueJson } from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { compileCondition } from '../../src/conditions/compile.js';
import { evaluate } from '../../src/conditions/evaluate.js';
import { compareWithCedar, type Tally } from './decision-agreement.js';
import { compareConditions, compareToolGlobs } from './language-agreement.js';
import { appliesInCedar, nativeArguments, nativeTests, toNativeCondition } from './native.js';

describe('beside Cedar', () => {
  verifies('B8');

  it('random organisations decide random calls alike, and name the same rules', () => {
    const tally = compareWithCedar(100, 40);
    // A generator that hits a kind of decision too rarely would compare nothing.

    expect(rarer(tally, ['allow', 'deny', 'default-deny'], 100)).toEqual([]);
    expect(rarer(tally, ['approval_required', 'approval_required, indeterminate'], 15)).toEqual([]);
    expect(rarer(tally, ['deny, indeterminate', 'default-deny, indeterminate'], 60)).toEqual([]);
    const rules = [
      'not-a-member',
      'credential-revoked',
      'unknown-server',
      'invalid-arguments',
      'unlabelled-tool',
    ];
    const switches = ['tool-disabled', 'scope-missing', 'read-only-session'];
    expect(rarer(tally, [...rules, ...switches], 1)).toEqual([]);
  });

  it('conditions on arguments come out alike, indeterminate included', () => {
    const seen = compareConditions(40);
    expect(Math.min(seen.yes, seen.no, seen.indeterminate)).toBeGreaterThan(500);
  });

  it('globs of tools match alike', () => {
    expect(compareToolGlobs(30)).toBeGreaterThan(500);
  });

  const truthOf = (tests: Parameters<typeof toNativeCondition>[0], args: unknown) =>
    evaluate(compileCondition(toNativeCondition(tests)), { arguments: args, principal: {}, context: {} });

  it('an allow without guards, on plain values, holds where it holds in Cedar: where Cedar errs, ours is not satisfied', () => {
    let held = 0;
    fc.assert(
      fc.property(nativeTests, nativeArguments, (tests, args) => {
        const applies = appliesInCedar('permit', tests, args);
        expect(truthOf(tests, args) === 'yes').toBe(applies);
        if (applies) held += 1;
      }),
      { numRuns: 2_000 },
    );

    expect(held).toBeGreaterThan(30);
  });

  it('differs where an argument of a deny is missing or mistyped: Cedar skips the policy, ours applies it', () => {
    const tests = [{ path: ['amount'], operator: '$gt' as const, operand: 100 }];
    const unfit: Record<string, CedarValueJson>[] = [{}, { amount: 'many' }, { amount: [1_000] }];
    for (const args of unfit) {
      expect(appliesInCedar('forbid', tests, args)).toBe(false);
      expect(truthOf(tests, args)).toBe('indeterminate');
    }
  });
});

const rarer = (tally: Tally, outcomes: string[], count: number): [string, number][] =>
  outcomes
    .map((outcome): [string, number] => [outcome, tally.get(outcome) ?? 0])
    .filter(([, seen]) => seen < count);
