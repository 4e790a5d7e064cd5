import { newId } from '@portcullis/contracts';
import {
  decideQuestion,
  explainVerdict,
  initialState,
  organisation,
  Snapshot,
  someone,
} from '@portcullis/policy-engine';

const ORG = '01ORG000000000000000000001';
const ADMIN = '01ADM000000000000000000001';
const SAID = {
  org: ORG,
  commandId: ORG,
  time: '2026-01-02T03:04:05.678Z',
  actor: { kind: 'user', id: ADMIN },
};

export const fact = (type, data) => ({ type: `policy.${type}`, data: { ...SAID, ...data } });

const whenOf = ({ effect, amount, currencies }) =>
  amount === null
    ? {}
    : {
        when: {
          'arguments.amount': { [effect === 'allow' ? '$lte' : '$gt']: amount },
          'arguments.currency': { $in: currencies },
        },
      };

export const storedRule = (rule, servers) => ({
  id: rule.id,
  effect: rule.effect,
  subjects: rule.everyone
    ? { everyone: true }
    : {
        ...(rule.roles.length > 0 ? { roles: rule.roles } : {}),
        ...(rule.groups.length > 0 ? { groups: rule.groups } : {}),
      },
  servers: [servers.find(({ slug }) => slug === rule.slug).srv],
  tools: rule.tools,
  ...(rule.labels === null ? {} : { labels: rule.labels }),
  ...whenOf(rule),
});

/** The facts that lead to the organisation, rules last. */
export function factsOf({ roles, groups, people, servers, tools, rules }) {
  const srvOf = new Map(servers.map(({ srv, slug }) => [slug, srv]));
  return [
    fact('OrganisationRegistered', { founder: ADMIN, home: false }),
    fact('MemberAdded', { user: ADMIN }),
    ...roles.map((role) => fact('RoleDefined', { role, description: '' })),
    ...groups.map(({ name, roles: brought }) =>
      fact('GroupDefined', { group: name, description: '', roles: brought }),
    ),
    ...people.flatMap(({ user, roles: held, groups: joined }) => [
      fact('MemberAdded', { user }),
      ...held.map((role) => fact('RoleGranted', { user, role })),
      ...joined.map((group) => fact('GroupMemberAdded', { user, group })),
    ]),
    ...servers.map(({ srv, slug }) =>
      fact('ServerConnected', { srv, slug, dst: 'https://up.example', slots: [] }),
    ),
    ...tools.map(({ slug, tool, label }) => fact('ToolLabelled', { srv: srvOf.get(slug), tool, label })),
    ...rules.map((rule) => fact('RuleAdded', { rule: storedRule(rule, servers) })),
  ];
}

export const stateOf = (workload) => factsOf(workload).reduce(organisation.evolve, initialState);

/** As `policy.v1.check` asks: by slug, about a person of whom nothing but the id is known. */
export const questionOf = ({ person, slug, tool, arguments: args }) => ({
  asker: someone(person.user),
  operation: 'tool.call',
  server: { slug },
  tool,
  arguments: args,
  context: { transport: 'nats' },
  time: '2026-01-02T03:04:05.678Z',
});

const asked = (workload) => ({
  snapshot: new Snapshot(stateOf(workload), 7),
  questions: workload.calls.map(questionOf),
});

export function verdict(workload) {
  const { snapshot, questions } = asked(workload);
  return (n) => decideQuestion(snapshot, questions[n]).decision === 'allow';
}

/** All that `policy.v1.check` does between its parser and its serialiser: the verdict, in words, with revision and digest. */
export function check(workload) {
  const { snapshot, questions } = asked(workload);
  return (n) =>
    explainVerdict(decideQuestion(snapshot, questions[n]), snapshot, newId()).decision === 'allow';
}
