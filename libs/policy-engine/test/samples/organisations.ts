import type { Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import type { EngineCommand } from '../../src/organisation/decide.js';
import type { Question } from '../../src/decisions/question.js';
import type { Snapshot } from '../../src/decisions/snapshot.js';
import { initialState } from '../../src/organisation/state.js';
import {
  ADMIN,
  BANK,
  MEMBER,
  NOTES,
  ORG,
  run,
  snapshotOf,
  STRANGER,
  ulid,
} from '../../src/testing/organisation-fixture.js';
import {
  ADDRESSES,
  INTEGERS,
  KEYS,
  MOMENTS,
  sentence,
  TEXTS,
  toCondition,
  type Sentence,
} from './sentence.js';

const CLERK = ulid('BBB', 3);
const LEAVER = ulid('BBB', 4);
const GONE = ulid('CCC', 3);
export const ROLES = ['clerk', 'auditor'] as const;
export const GROUPS = ['treasury', 'interns'] as const;
export const SERVERS = [
  { srv: NOTES, slug: 'notes' },
  { srv: BANK, slug: 'bank' },
  { srv: GONE, slug: 'gone' },
] as const;
const MEMBERS = [ADMIN, MEMBER, CLERK, LEAVER];
const TOOLS = ['list_notes', 'create_note', 'pay', 'pay.all', 'all', 'manage', '__proto__', 'constructor'];
const SESSIONS = ['s1', 's2'];

export interface SampleRule {
  rule: Omit<Rule, 'when'>;
  when: Sentence | null;
}

/** An organisation before either engine has seen it. */
export interface Sample {
  roles: Record<string, readonly string[]>;
  groups: Record<string, { roles: readonly string[]; members: readonly string[] }>;
  tools: {
    srv: string;
    tool: string;
    label: 'read' | 'write' | 'destructive' | null;
    offFor: string | null | 'nobody';
  }[];
  rules: SampleRule[];
  revoked: { sid: string; generation: number }[];
  left: string[];
  removed: string[];
}

const label = fc.constantFrom('read' as const, 'write' as const, 'destructive' as const);
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const toolPattern = fc.oneof(
  fc.constantFrom(...TOOLS, '*'),
  fc
    .array(fc.constantFrom('*', 'pay', '_', 'note', 'l', '.', 'a'), { minLength: 1, maxLength: 4 })
    .map((pieces) => pieces.join('')),
);

const subjects = fc.oneof(
  fc.constant({ everyone: true as const }),
  fc.record({ roles: fc.uniqueArray(fc.constantFrom(...ROLES, 'admin', 'member'), { minLength: 1 }) }),
  fc.record({ users: fc.uniqueArray(fc.constantFrom(...MEMBERS), { minLength: 1, maxLength: 2 }) }),
  fc.record({ groups: fc.uniqueArray(fc.constantFrom(...GROUPS), { minLength: 1 }) }),
  fc.record({
    roles: fc.uniqueArray(fc.constantFrom(...ROLES), { minLength: 1 }),
    groups: fc.uniqueArray(fc.constantFrom(...GROUPS), { maxLength: 1 }),
    users: fc.uniqueArray(fc.constantFrom(...MEMBERS), { minLength: 1, maxLength: 2 }),
  }),
);

/** A rule without a name yet. */
export const sampleRule: fc.Arbitrary<SampleRule> = fc.record({
  rule: fc.record(
    {
      id: fc.constant(''),
      effect: fc.constantFrom<Rule['effect'][]>('allow', 'allow', 'allow', 'deny', 'require_approval'),
      subjects,
      servers: fc.oneof(
        fc.constant<string[]>(['*']),
        fc.uniqueArray(fc.constantFrom(...SERVERS.map(({ slug }) => slug as string)), { minLength: 1 }),
      ),
      tools: fc.oneof(fc.constant<string[]>(['*']), fc.array(toolPattern, { minLength: 1, maxLength: 3 })),
      labels: fc.uniqueArray(label, { minLength: 1 }),
    },
    { requiredKeys: ['id', 'effect', 'subjects', 'servers', 'tools'] },
  ),
  when: fc.option(sentence, { freq: 3 }),
});

/** Rules that restrict everyone may as well be called guards: that changes nothing about what is decided. */
function withName(rule: SampleRule['rule'], index: number): SampleRule['rule'] {
  const guard = rule.effect !== 'allow' && rule.subjects.everyone === true && index % 2 === 0;
  return { ...rule, id: `r${index}`, ...(guard ? { guard: true } : {}) };
}

export const sample: fc.Arbitrary<Sample> = fc.record({
  roles: fc.record(
    Object.fromEntries(MEMBERS.map((user) => [user, fc.subarray([...ROLES])])) as Record<
      string,
      fc.Arbitrary<string[]>
    >,
  ),
  groups: fc.record(
    Object.fromEntries(
      GROUPS.map((group) => [
        group,
        fc.record({ roles: fc.subarray([...ROLES]), members: fc.subarray(MEMBERS) }),
      ]),
    ) as Record<string, fc.Arbitrary<{ roles: string[]; members: string[] }>>,
  ),
  tools: fc.uniqueArray(
    fc.record({
      srv: fc.constantFrom(...SERVERS.map(({ srv }) => srv)),
      tool: fc.constantFrom(...TOOLS),
      label: fc.option(label, { freq: 20 }),
      offFor: fc.oneof(
        { weight: 30, arbitrary: fc.constant('nobody' as const) },
        { weight: 1, arbitrary: fc.constantFrom(null, ...MEMBERS) },
      ),
    }),
    { minLength: 20, maxLength: 24, selector: ({ srv, tool }) => `${srv}/${tool}` },
  ),
  rules: fc
    .array(sampleRule, { minLength: 2, maxLength: 8 })
    .map((rules) => rules.map((one, index) => ({ ...one, rule: withName(one.rule, index) }))),
  revoked: fc.uniqueArray(fc.record({ sid: fc.constantFrom(...SESSIONS), generation: fc.nat({ max: 2 }) }), {
    maxLength: 2,
    selector: ({ sid }) => sid,
  }),
  left: fc.oneof(fc.constant<string[]>([]), fc.subarray([LEAVER])),
  removed: fc.oneof(fc.constant<string[]>([]), fc.subarray([GONE])),
});

/** The organisation as our engine knows it. */
export const snapshotOfSample = (sample: Sample): Snapshot =>
  snapshotOf(run(initialState, ...commandsOf(sample)).state);

/** The rule as an author would write it. */
export const toRule = ({ rule, when }: SampleRule): Rule =>
  when === null ? rule : ({ ...rule, when: toCondition(when) } as Rule);

/** The commands that bring it about, in an order in which everything that a rule names still exists. */
export function commandsOf({ roles, groups, tools, rules, revoked, left, removed }: Sample): EngineCommand[] {
  return [
    { type: 'RegisterOrganisation', org: ORG, founder: ADMIN, home: false },
    ...MEMBERS.filter((user) => user !== ADMIN).map((user) => ({ type: 'AddMember' as const, user })),
    ...ROLES.map((role) => ({ type: 'DefineRole' as const, role, description: '' })),
    ...Object.entries(roles).flatMap(([user, held]) =>
      held.map((role) => ({ type: 'GrantRole' as const, user, role })),
    ),
    ...Object.entries(groups).flatMap(([group, { roles: brings, members }]) => [
      { type: 'DefineGroup' as const, group, description: '', roles: [...brings] },
      ...members.map((user) => ({ type: 'AddGroupMember' as const, group, user })),
    ]),
    ...SERVERS.map(({ srv, slug }) => ({
      type: 'ConnectServer' as const,
      srv,
      slug,
      dst: 'https://upstream.example',
      slots: [],
    })),
    ...tools.map(({ srv, tool, label }) => ({ type: 'LabelTool' as const, srv, tool, label })),
    ...tools
      .filter(({ offFor }) => offFor !== 'nobody')
      .map(({ srv, tool, offFor }) => ({ type: 'DisableTool' as const, srv, tool, user: offFor })),
    ...rules.map((one) => ({ type: 'AddRule' as const, rule: toRule(one) })),
    ...revoked.map((one) => ({ type: 'RevokeCredential' as const, ...one })),
    ...left.map((user) => ({ type: 'RemoveMember' as const, user })),
    ...removed.map((srv) => ({ type: 'RemoveServer' as const, srv })),
  ];
}

const scalar = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.constantFrom(...INTEGERS, -0),
  fc.boolean(),
  fc.constant(null),
);
const object = <T>(inner: fc.Arbitrary<T>) => fc.dictionary(fc.constantFrom(...KEYS), inner, { maxKeys: 4 });
const leaf = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 2 }) },
);
const argument = fc.oneof(
  { weight: 3, arbitrary: leaf },
  { weight: 1, arbitrary: object(fc.oneof(leaf, object(leaf))) },
);

export const argumentsObject = object(argument);

/** Whoever asks for whatever, so that it often meets what the organisation is about. */
export const question: fc.Arbitrary<Question> = fc.record({
  asker: fc.record({
    user: fc.constantFrom(...MEMBERS, ...MEMBERS, ADMIN, MEMBER, CLERK, STRANGER),
    session: fc.option(fc.record({ sid: fc.constantFrom(...SESSIONS), generation: fc.nat({ max: 9 }) })),
    client: fc.option(fc.constantFrom(...TEXTS)),
    agent: fc.option(fc.constantFrom('a', 'ab')),
    kind: fc.option(fc.constantFrom('user', 'agent')),
    scopes: fc.option(
      fc.oneof(
        { weight: 3, arbitrary: fc.constant(['mcp', 'mcp:write']) },
        { weight: 1, arbitrary: fc.subarray(['mcp', 'mcp:write', 'files']) },
      ),
    ),
  }),
  operation: fc.constant('tool.call' as const),
  server: fc
    .tuple(fc.constantFrom(...SERVERS), fc.boolean())
    .map(([{ srv, slug }, byId]) => (byId ? { srv } : { slug })),
  tool: fc.constantFrom(...TOOLS),
  arguments: fc.oneof(
    { weight: 20, arbitrary: argumentsObject },
    { weight: 1, arbitrary: fc.oneof(scalar, fc.array(scalar)) },
  ),
  context: fc.record(
    {
      protocol: fc.constantFrom('a', 'ab', '5'),
      transport: fc.constantFrom('http' as const, 'grpc' as const),
      ip: fc.constantFrom(...ADDRESSES),
    },
    { requiredKeys: [] },
  ),
  time: fc.constantFrom(...MOMENTS),
  annotations: optional(
    fc.record({ readOnlyHint: fc.boolean(), destructiveHint: fc.boolean() }, { requiredKeys: [] }),
  ),
});
