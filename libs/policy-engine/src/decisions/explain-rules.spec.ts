import { describe, expect, it } from '@jest/globals';
import type { Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { arbitraryArguments, arbitraryRules, arbitraryUser } from '../testing/arbitrary-policy.js';
import { MEMBER, STRANGER, TIME, withRules } from '../testing/organisation-fixture.js';
import { decideQuestion } from './decide-question.js';
import { explainRules, type ExplainedRules } from './explain-rules.js';
import { someone, type Question } from './question.js';
import type { Snapshot } from './snapshot.js';

verifies('B11');

const ask = (change: Partial<Question> & { user?: string } = {}): Question => ({
  asker: someone(change.user ?? MEMBER),
  operation: 'tool.call',
  server: { slug: 'bank' },
  tool: 'pay',
  arguments: { amount: 500 },
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

const explain = (snapshot: Snapshot, question: Question): ExplainedRules =>
  explainRules(snapshot, question, decideQuestion(snapshot, question).rule);

const SMALL = rule('small', { tools: ['pay'], when: { 'arguments.amount': { $lte: 100 } } });

describe('an explanation', () => {
  it('shows every rule: whom it is for, what it covers, and each operator of its condition', () => {
    const snapshot = withRules(
      rule('other-server', { servers: ['notes'] }),
      rule('admins', { subjects: { roles: ['admin'] } }),
      rule('reads', { labels: ['read'] }),
      SMALL,
    );
    const { rules, omittedRules } = explain(snapshot, ask());
    expect(omittedRules).toBe(0);
    expect(rules.map(({ rule: id, decides, applies }) => [id, decides, applies])).toEqual([
      ['small', false, false],
      ['other-server', false, false],
      ['admins', false, false],
      ['reads', false, false],
    ]);
    const [small, server, admins, reads] = rules;
    expect(small).toMatchObject({
      effect: 'allow',
      subject: { applies: true, everyone: true },
      covers: { server: true, tool: true, label: true },
      condition: {
        truth: 'no',
        leaves: [{ path: 'arguments.amount', operator: '$lte', operand: 100, truth: 'no', found: 'number' }],
      },
    });
    expect(server!.covers).toEqual({ server: false, tool: true, label: true });
    expect(admins!.subject).toEqual({ applies: false, everyone: false, user: false, roles: [], groups: [] });
    expect(reads!.covers).toEqual({ server: true, tool: true, label: false });
  });

  it('names the role or the user by which a rule is for somebody', () => {
    const snapshot = withRules(rule('both', { subjects: { roles: ['member', 'admin'], users: [MEMBER] } }));
    expect(explain(snapshot, ask()).rules[0]).toMatchObject({
      decides: true,
      applies: true,
      subject: { applies: true, user: true, roles: ['member'] },
      condition: null,
    });
    expect(explain(snapshot, ask({ user: STRANGER })).rules[0]).toMatchObject({
      decides: false,
      subject: { applies: false, user: false, roles: [] },
    });
  });

  it('counts an indeterminate deny as one that applies, an indeterminate allow as one that does not', () => {
    const when = { 'arguments.amount': { $gt: 100 } };
    const snapshot = withRules(rule('yes', { when }), rule('no', { effect: 'deny', when }));
    expect(explain(snapshot, ask({ arguments: {} })).rules).toMatchObject([
      { rule: 'yes', applies: false, condition: { truth: 'indeterminate' } },
      { rule: 'no', applies: true, decides: true, condition: { truth: 'indeterminate' } },
    ]);
  });

  it('says how much it leaves out', () => {
    const many = Array.from({ length: 520 }, (_, index) => rule(`r${index}`, { servers: ['notes'] }));
    const wide = { $or: Array.from({ length: 100 }, (_, index) => ({ 'arguments.amount': index })) };
    const near = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => rule(id, { servers: ['bank'], when: wide }));
    const { rules, omittedRules } = explain(withRules(...many, ...near), ask());
    expect([rules.length, omittedRules]).toEqual([500, 26]);
    expect(
      rules
        .slice(0, 6)
        .map(({ rule: id }) => id)
        .join(''),
    ).toBe('abcdef');
    expect(rules.slice(3, 6).map(({ condition }) => condition!.omittedLeaves)).toEqual([0, 0, 100]);
  });

  it('agrees with the decision, and holds no value of an argument', () => {
    fc.assert(
      fc.property(arbitraryRules, arbitraryUser, arbitraryArguments, (rules, user, args) => {
        const snapshot = withRules(...rules);
        const question = ask({ user, arguments: { ...args, canary: 'hunter2' } });
        const { decision, rule: by } = decideQuestion(snapshot, question);
        const explained = explainRules(snapshot, question, by).rules;
        const applying = (effect: Rule['effect']) =>
          explained.some((one) => one.effect === effect && one.applies);
        const expected =
          applying('deny') || !applying('allow')
            ? 'deny'
            : applying('require_approval')
              ? 'approval_required'
              : 'allow';
        expect(decision).toBe(expected);
        expect(explained.filter(({ decides }) => decides).map(({ applies }) => applies)).toEqual(
          by === 'default-deny' ? [] : [true],
        );
        expect(JSON.stringify(explained)).not.toContain('hunter2');
      }),
      { numRuns: 500 },
    );
  });
});
