import type { Rule } from '@portcullis/contracts';
import { Snapshot } from '../decisions/snapshot.js';
import type { Fact } from '../facts/facts.js';
import { decide, type EngineCommand } from '../organisation/decide.js';
import { evolve } from '../organisation/evolve.js';
import { initialState, type PolicyState } from '../organisation/state.js';

/** A readable ULID for tests: `ulid('A', 1)`. */
export const ulid = (kind: string, n: number): string =>
  `01${kind}`.padEnd(20, '0') + String(n).padStart(6, '0');

export const ORG = ulid('AAA', 1);
export const ADMIN = ulid('BBB', 1);
export const MEMBER = ulid('BBB', 2);
export const STRANGER = ulid('BBB', 9);
export const NOTES = ulid('CCC', 1);
export const BANK = ulid('CCC', 2);
export const TIME = '2026-01-02T03:04:05.678Z';

/** Facts of commands, each a batch of its own, on top of a state. */
export function run(state: PolicyState, ...commands: EngineCommand[]): { state: PolicyState; facts: Fact[] } {
  const facts: Fact[] = [];
  for (const [index, command] of commands.entries()) {
    const commandId = ulid('DDD', state.commands.open.size * 1000 + index);
    const batch = {
      org: ORG,
      commandId,
      time: TIME,
      actor: { kind: 'user' as const, id: ADMIN },
      commands: [command],
    };
    for (const fact of decide(batch, state)) {
      facts.push(fact);
      state = evolve(state, fact);
    }
  }
  return { state, facts };
}

/** An organisation with an admin, a member, two servers and labelled tools. No rules. */
export const BASE: EngineCommand[] = [
  { type: 'RegisterOrganisation', org: ORG, founder: ADMIN, home: true },
  { type: 'AddMember', user: MEMBER },
  {
    type: 'ConnectServer',
    srv: NOTES,
    slug: 'notes',
    dst: 'https://notes.example',
    slots: [{ slot: 'token', owner: 'organisation' }],
  },
  { type: 'ConnectServer', srv: BANK, slug: 'bank', dst: 'https://bank.example', slots: [] },
  { type: 'LabelTool', srv: NOTES, tool: 'list_notes', label: 'read' },
  { type: 'LabelTool', srv: NOTES, tool: 'create_note', label: 'write' },
  { type: 'LabelTool', srv: NOTES, tool: 'delete_note', label: 'destructive' },
  { type: 'LabelTool', srv: BANK, tool: 'pay', label: 'write' },
];

export const base = (): PolicyState => run(initialState, ...BASE).state;

export const withRules = (...rules: Rule[]): Snapshot =>
  snapshotOf(run(base(), ...rules.map((rule) => ({ type: 'AddRule' as const, rule }))).state);

export const snapshotOf = (state: PolicyState): Snapshot => new Snapshot(state, 7);
