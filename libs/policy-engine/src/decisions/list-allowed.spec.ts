import { describe, expect, it } from '@jest/globals';
import type { Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { arbitraryArguments, arbitraryRules, arbitraryUser } from '../testing/arbitrary-policy.js';
import {
  MEMBER,
  NOTES,
  run,
  snapshotOf,
  STRANGER,
  TIME,
  withRules,
} from '../testing/organisation-fixture.js';
import { decideQuestion } from './decide-question.js';
import type { EngineCommand } from '../organisation/decide.js';
import { listAllowed, type AllowedTool, type AllowedToolsQuery } from './list-allowed.js';
import { someone } from './question.js';
import type { Snapshot } from './snapshot.js';

const list = (snapshot: Snapshot, change: Partial<AllowedToolsQuery> & { user?: string } = {}) =>
  listAllowed(snapshot, {
    asker: someone(change.user ?? MEMBER),
    context: {},
    time: TIME,
    server: null,
    after: null,
    limit: 500,
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

const after = (rules: Rule[], ...commands: EngineCommand[]): Snapshot =>
  snapshotOf(run(withRules(...rules).state, ...commands).state);

const short = ({ server, tool, conditional, approval }: AllowedTool): string =>
  `${server}/${tool}${conditional ? ' conditional' : ''}${approval ? ' approval' : ''}`;

const ALL = ['bank/pay', 'notes/create_note', 'notes/delete_note', 'notes/list_notes'];
const IF_SMALL = { 'arguments.amount': { $lte: 100 } };

describe('the tools that somebody may use', () => {
  verifies('H2');
  it.each<[string, Rule[], string[]]>([
    ['none without a rule', [], []],
    ['all that a rule allows', [rule('all')], ALL],
    ['those of a label', [rule('reads', { labels: ['read'] })], ['notes/list_notes']],
    ['on a condition', [rule('small', { tools: ['pay'], when: IF_SMALL })], ['bank/pay conditional']],
    [
      'without a condition where another rule allows it anyway',
      [rule('small', { tools: ['pay'], when: IF_SMALL }), rule('pays', { tools: ['pay'] })],
      ['bank/pay'],
    ],
    [
      'not where a deny always applies',
      [rule('all'), rule('no', { effect: 'deny', servers: ['notes'] })],
      ['bank/pay'],
    ],
    [
      'on a condition where a deny may apply',
      [rule('all', { tools: ['pay'] }), rule('no', { effect: 'deny', when: IF_SMALL })],
      ['bank/pay conditional'],
    ],
    [
      'not where a deny is indeterminate whatever the arguments',
      [
        rule('all', { tools: ['pay'] }),
        rule('no', { effect: 'deny', when: { 'context.ip': { $cidr: ['10.0.0.0/8'] } } }),
      ],
      [],
    ],
    [
      'not where an allow never holds',
      [rule('all', { when: { ...IF_SMALL, 'context.transport': 'http' } })],
      [],
    ],
    [
      'with approval, always',
      [rule('all', { tools: ['pay'] }), rule('ask', { effect: 'require_approval' })],
      ['bank/pay approval'],
    ],
    [
      'with approval, sometimes',
      [rule('all', { tools: ['pay'] }), rule('ask', { effect: 'require_approval', when: IF_SMALL })],
      ['bank/pay conditional approval'],
    ],
  ])('%s', (_name, rules, wanted) => {
    expect(list(withRules(...rules)).tools.map(short)).toEqual(wanted);
  });

  it('leave out what is switched off or has no label', () => {
    const off = after([rule('all')], { type: 'DisableTool', srv: NOTES, tool: 'create_note', user: MEMBER });
    expect(list(off).tools.map(short)).toEqual(ALL.filter((name) => name !== 'notes/create_note'));
    const unlabelled = after([rule('all')], {
      type: 'LabelTool',
      srv: NOTES,
      tool: 'list_notes',
      label: null,
    });
    expect(list(unlabelled).tools.map(short)).toEqual(ALL.filter((name) => name !== 'notes/list_notes'));
  });

  it('are none for a stranger, who is told why', () => {
    expect(list(withRules(rule('all')), { user: STRANGER })).toMatchObject({
      tools: [],
      complete: true,
      refused: { rule: 'not-a-member' },
    });
  });

  it('can be those of one server', () => {
    expect(list(withRules(rule('all')), { server: 'bank' }).tools.map(short)).toEqual(['bank/pay']);
    expect(list(withRules(rule('all')), { server: 'nowhere' })).toMatchObject({ tools: [], complete: true });
  });
});

describe('listing and checking', () => {
  const question = (server: string, tool: string, args: unknown, user: string) => ({
    asker: someone(user),
    operation: 'tool.call' as const,
    server: { slug: server },
    tool,
    arguments: args,
    context: {},
    time: TIME,
  });

  it('agree, whatever the rules, the user and the arguments', () => {
    const seen = { allow: 0, deny: 0, approval_required: 0, constant: 0 };
    fc.assert(
      fc.property(arbitraryRules, arbitraryUser, arbitraryArguments, (rules, user, args) => {
        const snapshot = withRules(...rules);
        const listed = new Map(
          list(snapshot, { user }).tools.map((item) => [`${item.server}/${item.tool}`, item]),
        );
        for (const name of ALL) {
          const [server, tool] = name.split('/') as [string, string];
          const { decision } = decideQuestion(snapshot, question(server, tool, args, user));
          seen[decision] += 1;
          const item = listed.get(name);
          if (item === undefined) expect(decision).toBe('deny');
          if (item?.approval === false) expect(decision).not.toBe('approval_required');
          if (item?.conditional !== false) continue;
          seen.constant += 1;
          expect(decision).toBe(item.approval ? 'approval_required' : 'allow');
        }
      }),
      { numRuns: 1000 },
    );
    // Usually many hundred of each; a generator that makes none would show nothing.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
  });

  it('pages of whatever size add up to the whole', () => {
    fc.assert(
      fc.property(arbitraryRules, fc.integer({ min: 1, max: 5 }), (rules, limit) => {
        const snapshot = withRules(...rules);
        const pages: AllowedTool[] = [];
        for (let from: AllowedToolsQuery['after'] = null; ; from = pages.at(-1)!) {
          const page = list(snapshot, { limit, after: from });
          pages.push(...page.tools);
          if (page.complete) break;
          expect(page.tools).toHaveLength(limit);
        }
        expect(pages).toEqual(list(snapshot).tools);
      }),
      { numRuns: 300 },
    );
  });
});
