import { describe, expect, it } from '@jest/globals';
import { verifies } from '../../../../tools/verifies.js';
import { decideQuestion } from '../decisions/decide-question.js';
import { someone, type Question } from '../decisions/question.js';
import type { Actor } from '../facts/fields.js';
import { errorOf } from '../testing/error-of.js';
import {
  ADMIN,
  base,
  MEMBER,
  NOTES,
  run,
  snapshotOf,
  STRANGER,
  TIME,
  ulid,
} from '../testing/organisation-fixture.js';
import type { EngineCommand } from './decide.js';
import { mayApprove, liveApproval } from './approvals.js';
import type { PolicyState } from './state.js';

const [ARGS, OTHER_ARGS, DEFINITION, OTHER_DEFINITION] = ['A', 'B', 'C', 'D'].map((it) => it.repeat(43)) as [
  string,
  string,
  string,
  string,
];
const APPROVAL = ulid('FFF', 1);
const CALL = ulid('EEE', 7);
const THIRD = ulid('BBB', 3);
const SOON = '2026-01-02T03:10:00.000Z';
const LATE = '2026-01-02T03:20:00.000Z';

const setting: EngineCommand[] = [
  { type: 'AddMember', user: THIRD },
  { type: 'DefineRole', role: 'auditor', description: '' },
  { type: 'GrantRole', user: THIRD, role: 'auditor' },
  {
    type: 'AddRule',
    rule: { id: 'all', effect: 'allow', subjects: { everyone: true }, servers: ['*'], tools: ['*'] },
  },
  {
    type: 'AddRule',
    rule: {
      id: 'two-people',
      effect: 'require_approval',
      subjects: { everyone: true },
      servers: ['*'],
      tools: ['*'],
      labels: ['destructive'],
      approval: { roles: ['auditor'] },
    },
  },
];
const request = {
  approval: APPROVAL,
  user: MEMBER,
  srv: NOTES,
  tool: 'delete_note',
  definition: DEFINITION,
  arguments: ARGS,
  rule: 'two-people',
  roles: ['auditor'],
  groups: [],
  expiresAt: '2026-01-02T03:15:00.000Z',
};
const asked: EngineCommand = { type: 'RequestApproval', time: TIME, request };
const by = (id: string, kind: Actor['kind'] = 'user'): Actor => ({ kind, id });
const decideAs = (actor: Actor, verdict: 'grant' | 'refuse' = 'grant', time = SOON): EngineCommand => ({
  type: 'DecideApproval',
  time,
  approval: APPROVAL,
  verdict,
  by: actor,
});
const consume = (call = CALL, time = SOON): EngineCommand => ({
  type: 'ConsumeApproval',
  time,
  approval: APPROVAL,
  call,
});
const after = (...commands: EngineCommand[]): PolicyState => run(base(), ...setting, ...commands).state;
const refusal = (...commands: EngineCommand[]): string => errorOf(() => after(...commands));

function ask(state: PolicyState, change: Partial<Question> & { user?: string } = {}): string {
  const { decision, rule, approval } = decideQuestion(snapshotOf(state), {
    asker: someone(change.user ?? MEMBER),
    operation: 'tool.call',
    server: { srv: NOTES },
    tool: 'delete_note',
    arguments: {},
    context: {},
    time: TIME,
    observedDigest: DEFINITION,
    call: { id: CALL, arguments: ARGS },
    ...change,
  });
  return [decision, rule, ...(approval === undefined ? [] : [approval])].join(' ');
}

describe('an approval', () => {
  verifies('B10');
  it('lets exactly the call through that has used it', () => {
    expect(ask(after(asked))).toBe('approval_required two-people');
    expect(ask(after(asked, decideAs(by(THIRD))))).toBe('approval_required two-people');
    const used = after(asked, decideAs(by(THIRD)), consume());
    expect(ask(used)).toBe(`allow all ${APPROVAL}`);
  });
  it.each<[string, Partial<Question> & { user?: string }]>([
    ['another call', { call: { id: ulid('EEE', 8), arguments: ARGS } }],
    ['a question that is no call', { call: undefined }],
    ['other arguments', { call: { id: CALL, arguments: OTHER_ARGS } }],
    ['another definition of the tool', { observedDigest: OTHER_DEFINITION }],
    ['another person', { user: ADMIN }],
  ])('is nothing to %s', (_what, change) => {
    expect(ask(after(asked, decideAs(by(THIRD)), consume()), change)).toBe('approval_required two-people');
  });
  it('is used once', () => {
    const used = [asked, decideAs(by(THIRD)), consume()] as const;
    expect(refusal(...used, consume(ulid('EEE', 8)))).toBe('FAILED_PRECONDITION');
    expect(run(after(...used), consume()).facts).toEqual([]);
    expect(liveApproval(after(...used), request, SOON)).toBeUndefined();
  });
  it('expires, before and after it is granted', () => {
    expect(refusal(asked, decideAs(by(THIRD), 'grant', LATE))).toBe('FAILED_PRECONDITION');
    expect(refusal(asked, decideAs(by(THIRD)), consume(CALL, LATE))).toBe('FAILED_PRECONDITION');
    expect(liveApproval(after(asked), request, LATE)).toBeUndefined();
  });
  it('is no use ungranted or refused', () => {
    expect(refusal(asked, consume())).toBe('FAILED_PRECONDITION');
    expect(refusal(asked, decideAs(by(THIRD), 'refuse'), consume())).toBe('FAILED_PRECONDITION');
    expect(refusal(asked, decideAs(by(THIRD), 'refuse'), decideAs(by(THIRD)))).toBe('FAILED_PRECONDITION');
  });
  it('does not outweigh a deny', () => {
    const deny: EngineCommand = {
      type: 'AddRule',
      rule: { id: 'no', effect: 'deny', subjects: { everyone: true }, servers: ['*'], tools: ['*'] },
    };
    expect(ask(after(asked, decideAs(by(THIRD)), consume(), deny))).toBe('deny no');
  });
  it('is needed for each rule that asks for one', () => {
    const second: EngineCommand = {
      type: 'AddRule',
      rule: {
        id: 'another',
        effect: 'require_approval',
        subjects: { everyone: true },
        servers: ['*'],
        tools: ['*'],
      },
    };
    expect(ask(after(asked, decideAs(by(THIRD)), consume(), second))).toBe('approval_required another');
  });
});

describe('who approves', () => {
  verifies('B10');
  it.each<[string, Actor, string]>([
    ['whom the rule names', by(THIRD), 'nothing'],
    ['not whoever asks', by(MEMBER), 'DENIED_BY_POLICY'],
    ['not an admin whom the rule does not name', by(ADMIN), 'DENIED_BY_POLICY'],
    ['not a stranger', by(STRANGER), 'DENIED_BY_POLICY'],
    ['no agent', by(THIRD, 'agent'), 'DENIED_BY_POLICY'],
    ['no service', by(THIRD, 'service'), 'DENIED_BY_POLICY'],
    ['nobody', { kind: 'system', id: null }, 'DENIED_BY_POLICY'],
  ])('%s', (_who, actor, code) => {
    expect(refusal(asked, decideAs(actor))).toBe(code);
  });
  it('not whoever asks, whatever roles they hold', () => {
    const own = [{ type: 'GrantRole', user: MEMBER, role: 'auditor' }, asked, decideAs(by(MEMBER))] as const;
    expect(refusal(...own)).toBe('DENIED_BY_POLICY');
  });
  it('admins, where the rule names nobody', () => {
    const state = after({ ...asked, request: { ...request, roles: [] } } as EngineCommand);
    const approval = state.approvals.get(APPROVAL)!;
    expect([ADMIN, THIRD, MEMBER].map((user) => mayApprove(state, approval, user))).toEqual([
      true,
      false,
      false,
    ]);
  });
});

it('the same thing asked for twice is one request, and a person has twenty at most', () => {
  verifies('B10');
  const again = { ...asked, request: { ...request, approval: ulid('FFF', 2) } } as EngineCommand;
  expect(run(after(asked), again).facts).toEqual([]);
  const many = Array.from({ length: 21 }, (_, n): EngineCommand => ({
    type: 'RequestApproval',
    time: TIME,
    request: { ...request, approval: ulid('FFF', n + 10), tool: `t${n}` },
  }));
  expect(refusal(...many.slice(0, 20))).toBe('nothing');
  expect(refusal(...many)).toBe('FAILED_PRECONDITION');
});
