import { describe, expect, it } from '@jest/globals';
import type { PolicyDocument, Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { decideQuestion } from '../decisions/decide-question.js';
import { documentOf as writtenIn, versionOf } from '../organisation/policy-document.js';
import { documentOf, policy, question } from '../testing/arbitrary-documents.js';
import { errorOf } from '../testing/error-of.js';
import {
  ADMIN,
  base,
  MEMBER,
  NOTES,
  run,
  snapshotOf,
  TIME,
  withRules,
} from '../testing/organisation-fixture.js';
import { accessOf } from './access.js';
import { planPolicy } from './plan-policy.js';
import { diffRights } from './rights-diff.js';

const rule = (id: string, change: Partial<Rule> = {}): Rule => ({
  id,
  effect: 'allow',
  subjects: { roles: ['member'] },
  servers: ['notes'],
  tools: ['*_note'],
  ...change,
});
const document = (change: Partial<PolicyDocument>): PolicyDocument => ({ ...documentOf([]), ...change });
const asDocument = (...rules: Rule[]): PolicyDocument => documentOf(rules);

describe('a plan', () => {
  verifies('B7');

  it('shows what is written otherwise, and who may do what otherwise', () => {
    const now = withRules(rule('a'), rule('gone', { tools: ['list_notes'], subjects: { roles: ['admin'] } }));
    const plan = planPolicy(
      now,
      document({
        roles: { clerk: 'x' },
        servers: { notes: { pinning: 'off', tools: { list_notes: 'write' } } },
        rules: [
          rule('a', { when: { 'arguments.title': 'x' } }),
          rule('new', { servers: ['bank'], tools: ['pay'], subjects: { users: [MEMBER] } }),
        ] as PolicyDocument['rules'],
        guards: [{ id: 'g', effect: 'deny', servers: ['*'], tools: ['*'], labels: ['destructive'] }],
      }),
    );
    expect(plan.findings).toEqual([]);
    expect(plan.changes.map(({ part, name, change }) => `${change} ${part} ${name}`)).toEqual([
      'added role clerk',
      'changed pinning notes',
      'changed label notes/list_notes',
      'changed rule a',
      'added rule g',
      'removed rule gone',
      'added rule new',
    ]);
    expect(plan.rights).toEqual({
      complete: true,
      changes: [
        { server: 'bank', tool: 'pay', before: 'never', after: 'always', users: [MEMBER], members: 1 },
        {
          server: 'notes',
          tool: 'create_note',
          before: 'always',
          after: 'depends',
          users: [ADMIN, MEMBER],
          members: 2,
        },
        {
          server: 'notes',
          tool: 'delete_note',
          before: 'always',
          after: 'never',
          users: [ADMIN, MEMBER],
          members: 2,
        },
        { server: 'notes', tool: 'list_notes', before: 'always', after: 'never', users: [ADMIN], members: 1 },
      ],
    });
  });

  it('is of the very version that applying gives, on the one it names', () => {
    const state = base();
    const wanted = asDocument(rule('a'));
    const plan = planPolicy(snapshotOf(state), wanted);
    const applied = run(state, { type: 'ApplyPolicy', document: wanted, basis: plan.basis }).state;
    expect(applied.version).toBe(plan.version);
    expect(versionOf(writtenIn(applied))).toBe(plan.version);
    const again = planPolicy(snapshotOf(applied), wanted);
    expect(again).toMatchObject({
      basis: plan.version,
      version: plan.version,
      changes: [],
      rights: { changes: [] },
    });
  });

  it('has findings instead of a version where applying is refused', () => {
    const wanted = asDocument(rule('a', { tools: ['no_such_tool'] }));
    const plan = planPolicy(snapshotOf(base()), wanted);
    expect(plan).toMatchObject({
      version: null,
      changes: [],
      rights: { changes: [], complete: false },
      findings: [{ severity: 'error', code: 'unknown-tool', rule: 'a', at: '/rules/0/tools/0' }],
    });
    expect(errorOf(() => run(base(), { type: 'ApplyPolicy', document: wanted }))).toBe('INVALID_ARGUMENT');
  });

  it('knows what servers have shown of their tools', () => {
    const inputSchema = {
      type: 'object',
      properties: { title: { type: 'string' } },
      additionalProperties: false,
    };
    const { state } = run(base(), {
      type: 'RecordToolDefinitions',
      srv: NOTES,
      time: TIME,
      tools: [
        { tool: 'create_note', digest: 'd'.repeat(43), definition: { name: 'create_note', inputSchema } },
      ],
    });
    const wanted = asDocument(rule('a', { tools: ['create_note'], when: { 'arguments.titel': 'x' } }));
    expect(planPolicy(snapshotOf(state), wanted).findings).toMatchObject([
      { severity: 'error', code: 'unknown-argument', reason: 'notes/create_note has no arguments.titel' },
    ]);
  });

  it('refuses what the policy as a whole refuses', () => {
    const plan = planPolicy(snapshotOf(base()), asDocument(rule('a'), rule('a', { tools: ['list_notes'] })));
    expect(plan).toMatchObject({
      version: null,
      findings: [{ code: 'refused', reason: 'There are two rules "a".' }],
    });
  });

  it('says when there is more than fits', () => {
    const many = Array.from({ length: 3_000 }, (_, n) =>
      rule(`r${n}`, { when: { 'arguments.title': `${n}${'x'.repeat(200)}` } }),
    );
    const plan = planPolicy(snapshotOf(base()), asDocument(...many));
    expect(plan.omittedChanges).toBeGreaterThan(0);
    expect(plan.changes.length + plan.omittedChanges).toBe(3_000);
    expect(JSON.stringify(plan).length).toBeLessThan(600_000);
    expect(diffRights(snapshotOf(base()), withRules(rule('a')), 1)).toEqual({ changes: [], complete: false });
  });

  it('takes a change of conditions for a change of rights', () => {
    const when = (limit: number): Rule => rule('a', { when: { 'arguments.n': { $lte: limit } } });
    const [change] = diffRights(withRules(when(1)), withRules(when(2))).changes;
    expect(change).toMatchObject({ tool: 'create_note', before: 'depends', after: 'depends', members: 2 });
    expect(diffRights(withRules(when(1)), withRules(when(1))).changes).toEqual([]);
  });
});

describe('rights', () => {
  verifies('B7');
  const questions = fc.array(question, { minLength: 8, maxLength: 16 });

  it('are never and always what is said of them', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(policy, questions, (rules, asked) => {
        const snapshot = withRules(...rules);
        for (const each of asked) {
          const { access } = accessOf(snapshot, each.asker.user, { srv: NOTES, tool: each.tool });
          const { decision } = decideQuestion(snapshot, { ...each, annotations: undefined });
          seen.add(`${access} ${decision}`);
        }
      }),
      { numRuns: 400 },
    );
    expect([...seen].sort()).toEqual(
      [
        'always allow',
        'approval approval_required',
        'never deny',
        'depends allow',
        'depends approval_required',
        'depends deny',
      ].sort(),
    );
  });

  it('that are not listed have not changed', () => {
    let listed = 0;
    let same = 0;
    fc.assert(
      fc.property(policy, policy, fc.boolean(), questions, (rules, others, isSmall, asked) => {
        const before = withRules(...rules);
        const after = withRules(...(isSmall ? rules.slice(1) : others));
        const { changes, complete } = diffRights(before, after);
        expect(complete).toBe(true);
        for (const each of asked) {
          const isListed = changes.some(
            ({ tool, users }) => tool === each.tool && users.includes(each.asker.user),
          );
          if (isListed) listed += 1;
          else {
            same += 1;
            const [was, is] = [before, after].map((policyOf) =>
              decideQuestion(policyOf, { ...each, annotations: undefined }),
            );
            expect(is!.decision).toBe(was!.decision);
          }
        }
      }),
      { numRuns: 400 },
    );
    expect(Math.min(listed, same)).toBeGreaterThan(100);
  });
});
