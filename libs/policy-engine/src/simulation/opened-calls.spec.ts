import { describe, expect, it } from '@jest/globals';
import type { Rule, SimulationSection } from '@portcullis/contracts';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { decideQuestion } from '../decisions/decide-question.js';
import type { Snapshot } from '../decisions/snapshot.js';
import { rowOf, sectionOf, wholeQuestion, type WholeCall } from '../testing/decided-rows.js';
import { BANK, MEMBER, ulid, withRules } from '../testing/organisation-fixture.js';
import { randomCall, randomRules } from '../testing/random-policies.js';
import { PolicyPair } from './policy-pair.js';
import { recordedCall } from './recorded-call.js';
import type { Replayed } from './replay.js';

const ROW = { recordId: ulid('EEE', 1) };
const SEALED = ['arguments_sealed', 'address_sealed'];

const replayOpened = (
  policy: Snapshot,
  candidate: Snapshot,
  call: WholeCall,
  section: SimulationSection = sectionOf(policy, call),
): Replayed =>
  new PolicyPair(policy, candidate).replayOpened(recordedCall(rowOf(policy, call, ROW)), section);

const context = fc.constantFrom(
  {},
  { transport: 'http' as const, ip: '192.0.2.9' },
  { transport: 'http' as const, ip: '198.51.100.1' },
);
const operation = fc.constantFrom('tool.call' as const, 'tool.call' as const, 'catalog.read' as const);
const anyCall = fc.record({ call: randomCall, context, operation }).map(({ call, ...more }): WholeCall => {
  const tool = more.operation === 'tool.call' ? call.place.tool : null;
  return { ...call, ...more, place: { ...call.place, tool } };
});

/** Rules of which some look at the address, and at arguments nested in each other. */
const conditions = fc.constantFrom<Rule['when']>(
  { 'context.ip': { $cidr: ['192.0.2.0/24'] } },
  { 'arguments.to.name': { $exists: true } },
  { 'arguments.to.name': { $exists: false }, 'arguments.amount': { $type: 'number' } },
  { 'arguments.to': { $type: 'object' } },
  { arguments: { $only: ['amount', 'to'] } },
);
const rules = fc
  .tuple(randomRules, fc.array(conditions, { maxLength: 6 }))
  .map(([list, others]) =>
    list.map((rule, n): Rule => (others[n] === undefined ? rule : { ...rule, when: others[n] })),
  );

const rule = (id: string, change: Partial<Rule> = {}): Rule => ({
  id,
  effect: 'allow',
  subjects: { everyone: true },
  servers: ['*'],
  tools: ['*'],
  ...change,
});

describe('a call whose sealed section is known', () => {
  verifies('B6');

  it('comes out as it would have with everything that it was decided on, or is not called exact', () => {
    const seen = { gained: 0, flips: 0, notKept: 0 };
    fc.assert(
      fc.property(rules, rules, anyCall, (before, after, call) => {
        const [policy, candidate] = [withRules(...before), withRules(...after)];
        const question = wholeQuestion(call);
        const opened = replayOpened(policy, candidate, call);
        if (!opened.exact) {
          expect(opened.reason).toBe('arguments_not_kept');
          seen.notKept += 1;
          return;
        }
        expect(opened.from.decision).toBe(decideQuestion(policy, question).decision);
        expect(opened.to.decision).toBe(decideQuestion(candidate, question).decision);
        const sealed = new PolicyPair(policy, candidate).replay(recordedCall(rowOf(policy, call, ROW)));
        if (sealed.exact) return;
        expect(SEALED).toContain(sealed.reason);
        seen.gained += 1;
        if (opened.from.decision !== opened.to.decision) seen.flips += 1;
      }),
      { numRuns: 2500 },
    );
    expect(seen.gained).toBeGreaterThan(30);
    expect(seen.flips).toBeGreaterThan(5);
    expect(seen.notKept).toBeGreaterThan(5);
  });

  it('is exact wherever the rules of its time looked at what the candidate looks at', () => {
    fc.assert(
      fc.property(
        rules,
        anyCall,
        fc.constantFrom('allow' as const, 'deny' as const),
        (before, call, effect) => {
          const policy = withRules(...before);
          const turned = before.map((one) => ({ ...one, effect }));
          const small = { ...call, arguments: fitting(call.arguments) };
          expect(replayOpened(policy, withRules(...turned), small).exact).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  const pay: WholeCall = {
    user: MEMBER,
    place: { srv: BANK, tool: 'pay' },
    arguments: { amount: 3, to: { name: 'a' } },
    context: { ip: '192.0.2.9' },
  };
  const small = rule('a', { when: { 'arguments.amount': { $lte: 5 } } });
  const lower = rule('a', { when: { 'arguments.amount': { $lte: 2 } } });
  const near = rule('a', { when: { 'context.ip': { $cidr: ['192.0.2.0/24'] } } });

  it.each<[string, Rule, Rule, SimulationSection | undefined, string]>([
    ['a limit that is lowered below it', small, lower, undefined, 'allow a → deny default-deny'],
    ['an address that is asked for', rule('a'), near, undefined, 'allow a → allow a'],
    ['no address at all', rule('a'), near, { ip: null, arguments: [] }, 'allow a → deny default-deny'],
    [
      'an address that policy was never told',
      rule('a'),
      rule('a', { when: { 'context.ip': { $exists: true } } }),
      { ip: 'fe80::1%eth0', arguments: [] },
      'allow a → deny default-deny',
    ],
    ['an argument that no rule of its time looked at', rule('a'), lower, undefined, 'arguments_not_kept'],
    [
      'an argument that was not there',
      rule('a'),
      lower,
      { ip: null, arguments: [[['amount']]] },
      'allow a → deny default-deny',
    ],
    // What was sealed is not what policy had decided on: then nothing is said about the call.
    [
      'arguments that do not fit the decision',
      small,
      lower,
      { ip: null, arguments: [[['amount'], 9]] },
      'not_reproduced',
    ],
  ])('tells of %s', (...[, before, after, section, wanted]) => {
    const replayed = replayOpened(withRules(before), withRules(after), pay, section);
    const told = (one: { decision: string; rule: string }) => `${one.decision} ${one.rule}`;
    expect(replayed.exact ? `${told(replayed.from)} → ${told(replayed.to)}` : replayed.reason).toBe(wanted);
  });
});

/** Small enough for each of them to be kept. */
const fitting = (args: unknown): unknown => (JSON.stringify(args ?? {}).length < 500 ? args : {});
