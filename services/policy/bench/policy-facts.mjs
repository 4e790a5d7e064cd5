// Facts of one organisation as a mix that an installation could have: members with roles and groups, servers, labels, rules.
import { organisation } from '@portcullis/policy-engine';

const TIME = '2026-11-21T12:00:00.000Z';

/** A ULID that is readable in a dump. */
export const ulid = (kind, n) => `01${kind}`.padEnd(16, '0') + String(n).padStart(10, '0');

const FOUNDER = ulid('BBB', 0);

const serverOf = (tens) => tens - (tens % 20);
const addMember = (n) => ({ type: 'AddMember', user: ulid('BBB', n) });
const labelTool = (n, tens) => ({
  type: 'LabelTool',
  srv: ulid('CCC', serverOf(tens)),
  tool: `tool_${n}`,
  label: n % 2 ? 'read' : 'write',
});
const role = (tens) => ({ type: 'DefineRole', role: `role-${tens}`, description: 'Some people.' });
const server = (tens) => ({
  type: 'ConnectServer',
  srv: ulid('CCC', tens),
  slug: `s${tens}`,
  dst: `https://s${tens}.example`,
  slots: [],
});
const rule = (n, tens) => ({
  type: 'AddRule',
  rule: {
    id: `rule-${tens}`,
    effect: tens % 7 === 0 ? 'deny' : 'allow',
    subjects: { roles: ['clerk'] },
    servers: [`s${serverOf(tens)}`],
    tools: [`tool_${n - 1}`, `tool_${n - 2}`],
    when: { 'arguments.amount': { $lte: 100 + tens } },
  },
});

/** One command a fact, by the last digit of its number. */
const COMMANDS = [
  (n, tens) => (tens % 20 === 0 ? server(tens) : role(tens)),
  addMember,
  addMember,
  addMember,
  (n) => ({ type: 'GrantRole', user: ulid('BBB', n - 1), role: 'clerk' }),
  labelTool,
  labelTool,
  labelTool,
  rule,
  (n) => ({ type: 'RevokeCredential', sid: `session-${n}`, generation: 1 }),
];

/** Facts, and the state after each of them. */
export function factsOf(org, count) {
  const facts = [];
  const states = [];
  let state = organisation.initialState();
  const decide = (commands, n) => {
    const batch = {
      org,
      commandId: ulid('DDD', n),
      time: TIME,
      actor: { kind: 'user', id: FOUNDER },
      commands,
    };
    for (const fact of organisation.decide(batch, state)) {
      if (facts.length === count) return;
      facts.push(fact);
      state = organisation.evolve(state, fact);
      states.push(state);
    }
  };
  decide([{ type: 'RegisterOrganisation', org, founder: FOUNDER, home: false }], 0);
  decide([{ type: 'DefineRole', role: 'clerk', description: '' }], 1);
  for (let n = 0; facts.length < count; n += 1) decide([COMMANDS[n % 10](n, Math.floor(n / 10))], n + 2);
  return { facts, states };
}
