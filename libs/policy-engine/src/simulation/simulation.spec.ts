import { describe, expect, it } from '@jest/globals';
import { AppError, type PolicyDocument, type Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { decideQuestion } from '../decisions/decide-question.js';
import { Snapshot } from '../decisions/snapshot.js';
import { rowOf, wholeQuestion, type WholeCall } from '../testing/decided-rows.js';
import { ADMIN, base, BANK, MEMBER, NOTES, run, ulid, withRules } from '../testing/organisation-fixture.js';
import { randomCall, randomRules } from '../testing/random-policies.js';
import { applyCandidate, candidateOf } from './candidate.js';
import { PolicyPair } from './policy-pair.js';
import { recordedCall } from './recorded-call.js';
import type { Replayed } from './replay.js';

const documentWith = (rules: readonly Rule[], change: Partial<PolicyDocument> = {}): PolicyDocument => ({
  roles: {},
  groups: {},
  servers: {},
  rules: rules as PolicyDocument['rules'],
  guards: [],
  ...change,
});

const applied = (policy: Snapshot, document: PolicyDocument): Snapshot =>
  new Snapshot(applyCandidate(policy.state, candidateOf(document, policy.state)), policy.revision);

/** The same without asking whether anybody would apply such a policy. */
function having(policy: Snapshot, { rules, servers }: PolicyDocument): Snapshot {
  const labels = Object.entries(servers).flatMap(([slug, { tools }]) =>
    Object.entries(tools).map(
      ([tool, label]) => ({ type: 'LabelTool', srv: slug === 'notes' ? NOTES : BANK, tool, label }) as const,
    ),
  );
  return new Snapshot(run(withRules(...(rules as Rule[])).state, ...labels).state, policy.revision);
}

/** Undefined where applying the document would be refused. */
function ifApplicable(policy: Snapshot, document: PolicyDocument): Snapshot | undefined {
  try {
    return applied(policy, document);
  } catch (error) {
    if (error instanceof AppError && error.code === 'INVALID_ARGUMENT') return undefined;
    throw error;
  }
}

const replayOf = (policy: Snapshot, candidate: Snapshot, call: WholeCall, old = false): Replayed =>
  new PolicyPair(policy, candidate).replay(
    recordedCall(rowOf(policy, call, { recordId: ulid('EEE', 1), old })),
  );

const contexts = fc.record({
  context: fc.constantFrom(
    {},
    { transport: 'http' as const },
    { transport: 'http' as const, ip: '192.0.2.9' },
  ),
  annotations: fc.constantFrom({}, { readOnlyHint: false }, { destructiveHint: true }),
  time: fc.constantFrom('2026-01-02T03:04:05.678Z', '2026-06-01T12:00:00.000Z'),
  operation: fc.constantFrom('tool.call' as const, 'tool.call' as const, 'catalog.read' as const),
});
const anyCall = fc.record({ call: randomCall, more: contexts }).map(({ call, more }): WholeCall => {
  const tool = more.operation === 'tool.call' ? call.place.tool : null;
  return { ...call, ...more, place: { ...call.place, tool } };
});
const labels = fc.constantFrom<PolicyDocument['servers']>(
  {},
  { notes: { tools: { create_note: 'read', list_notes: 'write' } } },
  { bank: { tools: { pay: 'destructive', other: 'read' } } },
);

describe('a simulation', () => {
  verifies('B6');

  it('of the same policy finds no difference and every call exact, whatever was in the arguments', () => {
    fc.assert(
      fc.property(randomRules, anyCall, fc.boolean(), (rules, call, old) => {
        const policy = withRules(...rules);
        const document = documentWith(rules);
        const wanted = decideQuestion(policy, wholeQuestion(call));
        const outcome = { decision: wanted.decision, rule: wanted.rule };
        for (const candidate of [policy, having(policy, document), ifApplicable(policy, document)]) {
          if (candidate === undefined) continue;
          const replayed = replayOf(policy, candidate, call, old);
          // A catalogue depends on scopes, which an old record does not hold.
          if (old && call.operation === 'catalog.read' && !replayed.exact) continue;
          expect(replayed).toEqual({ exact: true, from: outcome, to: outcome });
        }
      }),
      { numRuns: 700 },
    );
  });

  it('is right about every call that it calls exact', () => {
    const seen = { exact: 0, flips: 0, inexact: 0 };
    fc.assert(
      fc.property(fc.tuple(randomRules, randomRules, labels, anyCall, fc.boolean()), (drawn) => {
        const [rules, others, servers, call, old] = drawn;
        const policy = withRules(...rules);
        const candidate = having(policy, documentWith(others, { servers }));
        const replayed = replayOf(policy, candidate, call, old);
        if (!replayed.exact) {
          seen.inexact += 1;
          return;
        }
        const question = wholeQuestion(call);
        expect(replayed.from.decision).toBe(decideQuestion(policy, question).decision);
        expect(replayed.to.decision).toBe(decideQuestion(candidate, question).decision);
        seen.exact += 1;
        if (replayed.from.decision !== replayed.to.decision) seen.flips += 1;
      }),
      { numRuns: 1500 },
    );
    expect(seen.exact).toBeGreaterThan(100);
    expect(seen.flips).toBeGreaterThan(10);
    expect(seen.inexact).toBeGreaterThan(10);
  });

  it('tells calls apart by everything that was looked at, whatever was decided before', () => {
    // Each differs from the first in one thing alone.
    const calls = fc.tuple(anyCall, anyCall).map(([first, other]) => {
      const fields = Object.entries(other).filter(([field]) => field !== 'arguments');
      return [first, ...fields.map(([field, value]) => ({ ...first, [field]: value }) as WholeCall)];
    });
    fc.assert(
      fc.property(randomRules, randomRules, calls, (rules, others, list) => {
        const policy = withRules(...rules);
        const servers = { notes: { tools: { create_note: 'read' as const } } };
        const candidate = having(policy, documentWith(others, { servers }));
        const pair = new PolicyPair(policy, candidate);
        for (const call of list) {
          const row = recordedCall(rowOf(policy, call, { recordId: ulid('EEE', 1) }));
          expect(pair.replay(row)).toEqual(new PolicyPair(policy, candidate).replay(row));
        }
      }),
      { numRuns: 300 },
    );
  });

  const rule = (id: string, change: Partial<Rule> = {}): Rule => ({
    id,
    effect: 'allow',
    subjects: { everyone: true },
    servers: ['*'],
    tools: ['*'],
    ...change,
  });
  const small: Partial<Rule> = { when: { 'arguments.amount': { $lte: 5 } } };
  const pay: WholeCall = { user: MEMBER, place: { srv: BANK, tool: 'pay' }, arguments: { amount: 3 } };

  it.each<[string, Rule[], Rule[], WholeCall, string]>([
    ['a new deny', [rule('a')], [rule('a'), rule('d', { effect: 'deny' })], pay, 'allow a → deny d'],
    ['an allow that is gone', [rule('a')], [], pay, 'allow a → deny default-deny'],
    ['a new allow', [], [rule('a')], pay, 'deny default-deny → allow a'],
    [
      'a new approval',
      [rule('a')],
      [rule('a'), rule('p', { effect: 'require_approval' })],
      pay,
      'allow a → approval_required p',
    ],
    ['a new condition on arguments', [rule('a')], [rule('a', small)], pay, 'arguments_sealed'],
    [
      'a condition that had held, in another rule',
      [rule('a', small)],
      [rule('b', small)],
      pay,
      'allow a → allow a',
    ],
    [
      'a condition that had not held',
      [rule('a', small)],
      [rule('b', small)],
      { ...pay, arguments: { amount: 9 } },
      'deny default-deny → deny default-deny',
    ],
    [
      'a condition that had held, in a deny',
      [rule('a', small)],
      [rule('a', small), rule('d', { effect: 'deny', ...small })],
      pay,
      'allow a → deny d',
    ],
    [
      'a condition that does not matter',
      [rule('a')],
      [rule('a', small), rule('b')],
      pay,
      'allow a → allow a',
    ],
    [
      'a condition on the client',
      [rule('a')],
      [rule('a', { when: { 'principal.client': 'x' } })],
      { ...pay, client: 'y' },
      'allow a → deny default-deny',
    ],
    [
      'a condition on the address',
      [rule('a')],
      [rule('a', { when: { 'context.ip': { $cidr: ['192.0.2.0/24'] } } })],
      pay,
      'address_sealed',
    ],
  ])('tells of %s', (...[, before, after, call, wanted]) => {
    const replayed = replayOf(withRules(...before), having(withRules(...before), documentWith(after)), call);
    const told = (one: { decision: string; rule: string }) => `${one.decision} ${one.rule}`;
    expect(replayed.exact ? `${told(replayed.from)} → ${told(replayed.to)}` : replayed.reason).toBe(wanted);
  });

  it('takes nothing over from a condition on roles where the candidate gives others', () => {
    const clerks = { 'principal.roles': { $any: { $eq: 'clerk' } }, ...small.when };
    const { state } = run(
      withRules(rule('a', { when: clerks })).state,
      { type: 'DefineRole', role: 'clerk', description: '' },
      { type: 'DefineGroup', group: 'desk', description: '', roles: [] },
      { type: 'AddGroupMember', group: 'desk', user: MEMBER },
    );
    const policy = new Snapshot(state, 7);
    const document = documentWith([rule('a', { when: clerks })], {
      groups: { desk: { description: '', roles: ['clerk'] } },
    });
    expect(replayOf(policy, applied(policy, document), pay)).toEqual({
      exact: false,
      reason: 'arguments_sealed',
    });
  });

  it('counts what an old record does not hold only where it matters', () => {
    const policy = withRules(rule('a'));
    const scoped = applied(
      policy,
      documentWith([rule('a', { when: { 'principal.scopes': { $size: { $gte: 1 } } } })]),
    );
    expect(replayOf(policy, scoped, pay, true)).toEqual({ exact: false, reason: 'inputs_not_recorded' });
    expect(replayOf(policy, scoped, pay)).toMatchObject({ exact: true });
    expect(replayOf(policy, policy, pay, true)).toMatchObject({ exact: true });
    const relabelled = applied(
      policy,
      documentWith([rule('a')], { servers: { bank: { tools: { pay: 'read' } } } }),
    );
    expect(replayOf(policy, relabelled, pay, true)).toEqual({ exact: false, reason: 'inputs_not_recorded' });
  });

  it('does not blame the candidate for what is gone since', () => {
    const policy = withRules(rule('a'));
    const later = (...commands: Parameters<typeof run>[1][]) =>
      new Snapshot(run(policy.state, ...commands).state, 9);
    expect(replayOf(policy, later({ type: 'RemoveMember', user: MEMBER }), pay)).toMatchObject({
      reason: 'member_gone',
    });
    expect(replayOf(policy, later({ type: 'RemoveServer', srv: BANK }), pay)).toMatchObject({
      reason: 'server_gone',
    });
    const revoked = later({ type: 'RevokeCredential', sid: 'session', generation: 1 });
    expect(replayOf(policy, revoked, pay)).toMatchObject({ reason: 'credential_gone' });
  });

  it('does not go on from a decision that the policy of its revision did not make', () => {
    const policy = withRules(rule('a'));
    const forged = recordedCall(rowOf(withRules(), pay, { recordId: ulid('EEE', 1) }));
    expect(new PolicyPair(policy, policy).replay(forged)).toEqual({ exact: false, reason: 'not_reproduced' });
    const byAnother = { ...forged, recorded: { decision: 'allow' as const, rule: 'b' } };
    expect(new PolicyPair(policy, policy).replay(byAnother)).toEqual({
      exact: false,
      reason: 'not_reproduced',
    });
  });

  it('takes a call that somebody had approved for one that needs approval', () => {
    const policy = withRules(rule('a'), rule('p', { effect: 'require_approval' }));
    const call = recordedCall(rowOf(withRules(rule('a')), pay, { recordId: ulid('EEE', 1) }));
    const replayed = new PolicyPair(policy, withRules(rule('a'))).replay({ ...call, approved: true });
    expect(replayed).toEqual({
      exact: true,
      from: { decision: 'approval_required', rule: 'p' },
      to: { decision: 'allow', rule: 'a' },
    });
  });
});

describe('a candidate', () => {
  verifies('B6');
  const grouped = documentWith([], { groups: { clerks: { description: '', roles: ['member'] } } });

  it('is refused as applying it would be', () => {
    const unknown = documentWith([], { servers: { nowhere: { tools: {} } } });
    expect(() => candidateOf(unknown, base())).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('leaves what it does not name as it was then', () => {
    const today = run(
      base(),
      { type: 'LabelTool', srv: NOTES, tool: 'list_notes', label: 'destructive' },
      { type: 'SetPinning', srv: NOTES, pinning: 'off' },
    ).state;
    const document = documentWith([], { ...grouped, servers: { notes: { tools: { create_note: 'read' } } } });
    const then = applyCandidate(base(), candidateOf(document, today));
    expect(then.tools.get(NOTES)?.get('list_notes')?.label).toBe('read');
    expect(then.tools.get(NOTES)?.get('create_note')?.label).toBe('read');
    expect(then.servers.get(NOTES)?.pinning).toBe('first_sight');
    expect(then.groups.has('clerks')).toBe(true);
    expect([...then.members.keys()]).toEqual([ADMIN, MEMBER]);
    const off = applyCandidate(
      base(),
      candidateOf({ ...document, servers: { notes: { pinning: 'off', tools: {} } } }, today),
    );
    expect(off.servers.get(NOTES)?.pinning).toBe('off');
  });

  it('can be what is in force already', () => {
    const { state } = run(base(), { type: 'ApplyPolicy', document: grouped });
    expect(applyCandidate(state, candidateOf(grouped, state)).groups).toEqual(state.groups);
  });
});
