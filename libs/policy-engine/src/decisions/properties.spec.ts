import { describe, expect, it } from '@jest/globals';
import type { Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { ADMIN, MEMBER, TIME, withRules } from '../testing/organisation-fixture.js';
import { decideQuestion } from './decide-question.js';
import { someone, type Question } from './question.js';
import { couldBeAllowed } from './visible-tools.js';

const ask = (change: Partial<Question> & { user?: string } = {}): Question => ({
  asker: someone(change.user ?? MEMBER),
  operation: 'tool.call',
  server: { slug: 'notes' },
  tool: 'create_note',
  arguments: {},
  context: {},
  time: TIME,
  ...change,
});

const rule = (id: string, change: Partial<Rule> = {}): Rule => ({
  id,
  effect: 'allow',
  subjects: { everyone: true },
  servers: ['*'],
  tools: ['*'],
  ...change,
});

describe('whatever the order', () => {
  verifies('B8');
  const label = fc.constantFrom('read' as const, 'write' as const, 'destructive' as const);
  const when = fc.constantFrom<Rule['when']>(
    undefined,
    { 'arguments.amount': { $lte: 100 } },
    { 'arguments.to': { $in: ['a', 'b'] } },
    { $not: { 'arguments.amount': { $gt: 10 } } },
    { $or: [{ 'arguments.to': 'a' }, { 'arguments.items': { $any: { id: { $gte: 1 } } } }] },
  );
  const arbitraryRule = fc.record({
    effect: fc.constantFrom('allow' as const, 'allow' as const, 'deny' as const),
    subjects: fc.constantFrom<Rule['subjects']>(
      { everyone: true },
      { users: [MEMBER] },
      { roles: ['admin'] },
    ),
    servers: fc.constantFrom<string[]>(['*'], ['notes'], ['bank']),
    tools: fc.constantFrom<string[]>(['*'], ['*_note'], ['pay', 'list_notes']),
    labels: fc.option(fc.uniqueArray(label, { minLength: 1 }), { nil: undefined }),
    when,
  });
  const rules = fc
    .array(arbitraryRule, { maxLength: 6 })
    .map((list) => list.map((item, index) => ({ ...item, id: `r${index}` }) as Rule));
  const args = fc.record(
    {
      amount: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.jsonValue()),
      to: fc.oneof(fc.constantFrom('a', 'z'), fc.jsonValue()),
      items: fc.oneof(fc.array(fc.record({ id: fc.integer() })), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const question = fc.record({
    user: fc.constantFrom(ADMIN, MEMBER),
    args,
    at: fc.constantFrom<string[]>(
      ['notes', 'list_notes'],
      ['notes', 'create_note'],
      ['notes', 'delete_note'],
      ['bank', 'pay'],
    ),
  });
  const toQuestion = ({
    user,
    args: given,
    at: [slug, tool],
  }: {
    user: string;
    args: unknown;
    at: string[];
  }): Question => ask({ user, server: { slug: slug! }, tool: tool!, arguments: given });

  it('the decision is the same, and a deny wins', () => {
    let denied = 0;
    fc.assert(
      fc.property(rules, fc.nat(), question, (list, seed, asked) => {
        const shuffled = [...list].sort((a, b) => hash(a.id, seed) - hash(b.id, seed));
        const first = decideQuestion(withRules(...list), toQuestion(asked));
        expect(decideQuestion(withRules(...shuffled), toQuestion(asked)).decision).toBe(first.decision);
        for (const one of list.filter(({ effect }) => effect === 'deny')) {
          const alone = decideQuestion(withRules(rule('everything'), one), toQuestion(asked));
          if (alone.decision !== 'deny') continue;
          denied += 1;
          expect(first.decision).toBe('deny');
        }
      }),
      { numRuns: 300 },
    );
    // Usually some hundred (below: some thirty); a generator that makes none would show nothing.
    expect(denied).toBeGreaterThan(20);
  });

  it('whatever may be called is visible', () => {
    let allowed = 0;
    fc.assert(
      fc.property(rules, question, (list, asked) => {
        const snapshot = withRules(...list);
        const asking = toQuestion(asked);
        const server = snapshot.server(asking.server)!;
        if (decideQuestion(snapshot, asking).decision !== 'allow') return;
        allowed += 1;
        expect(couldBeAllowed({ snapshot, question: asking, server, tool: asking.tool! }, undefined)).toBe(
          true,
        );
      }),
      { numRuns: 300 },
    );
    expect(allowed).toBeGreaterThan(5);
  });

  it('an allow of a condition needs every argument it names to be there, of its type', () => {
    const snapshot = withRules(
      rule('c', { when: { 'arguments.a.b': { $lte: 5 }, 'arguments.c': { $matches: 'x+' } } }),
    );
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (b, c) => {
        const allowed = decideQuestion(snapshot, ask({ arguments: { a: { b }, c } })).decision === 'allow';
        expect(allowed).toBe(
          typeof b === 'number' &&
            b <= 5 &&
            (!Number.isInteger(b) || Number.isSafeInteger(b)) &&
            Number.isFinite(b) &&
            typeof c === 'string' &&
            /^x+$/.test(c),
        );
      }),
      { numRuns: 500 },
    );
  });
});

function hash(text: string, seed: number): number {
  return [...text].reduce(
    (sum, char) => (sum * 31 + char.charCodeAt(0) * (seed + 7)) % 1_000_003,
    seed % 1_000_003,
  );
}
