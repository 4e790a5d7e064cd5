import type { Rule } from '@portcullis/contracts';
import type { EngineCommand } from './decide.js';
import { Snapshot } from '../decisions/snapshot.js';
import { subjectType } from '../rules/tool-subject.js';
import { ADMIN, NOTES, ORG, TIME, base, run, ulid } from '../testing/organisation-fixture.js';
import { decide } from './decide.js';
import { expansionCost, MAX_EXPANSION } from './expansion-budget.js';
import type { PolicyState } from './state.js';

const TOOLS = 2_000;
const name = (n: number): string => 'a'.repeat(122) + String(n).padStart(6, '0');

/** An organisation with very many tools. */
function large(): PolicyState {
  const tool = {
    label: 'read' as const,
    disabledForAll: false,
    disabledFor: new Set<string>(),
    pinned: null,
    seen: null,
  };
  const tools = new Map(Array.from({ length: TOOLS }, (_, n) => [name(n), tool]));
  return { ...base(), tools: new Map([[NOTES, tools]]) };
}

/** The dearest patterns: each is compared to its end at nearly every place of a name. */
const dear = (id: string, patterns: number): Rule => ({
  id,
  effect: 'allow',
  subjects: { everyone: true },
  servers: ['*'],
  tools: Array.from({ length: patterns }, (_, n) => `*${'a'.repeat(60)}b${n}*`),
});

const attempt = (state: PolicyState, ...commands: EngineCommand[]) =>
  decide(
    { org: ORG, commandId: ulid('EEE', 1), time: TIME, actor: { kind: 'user', id: ADMIN }, commands },
    state,
  );
const refused = expect.objectContaining({ code: 'FAILED_PRECONDITION' });

describe('what rules cost to expand', () => {
  it('is bounded when a rule is added, and when a tool is labelled or switched off', () => {
    expect(() => attempt(large(), { type: 'AddRule', rule: dear('too-dear', 256) })).toThrow(refused);
    const { state } = run(large(), { type: 'AddRule', rule: dear('just-so', 133) });
    const perTool = expansionCost(state) / TOOLS;
    const room = Math.floor(MAX_EXPANSION / perTool) - TOOLS;
    const filler = Array.from({ length: room + 1 }, (_, n) => `new_${n}`);
    const label = (tool: string) => ({
      type: 'LabelTool' as const,
      srv: NOTES,
      tool,
      label: 'read' as const,
    });
    const disable = (tool: string) => ({ type: 'DisableTool' as const, srv: NOTES, tool, user: null });
    expect(attempt(state, ...filler.slice(1).map(label))).toHaveLength(room);
    expect(() => attempt(state, ...filler.map(label))).toThrow(refused);
    expect(() => attempt(state, ...filler.map(disable))).toThrow(refused);
  });

  it('leaves room for many rules with wildcards', () => {
    const rules = Array.from({ length: 400 }, (_, n) => ({ ...dear(`r${n}`, 1), tools: [`get_${n}_*`] }));
    expect(run(large(), ...rules.map((rule) => ({ type: 'AddRule' as const, rule }))).facts).toHaveLength(
      400,
    );
  });

  it('keeps the process for seconds at most, at the bound', () => {
    const { state } = run(large(), { type: 'AddRule', rule: dear('just-so', 133) });
    const begun = performance.now();
    const { access } = new Snapshot(state, 1).abilitiesOf(ADMIN);
    for (const tool of state.tools.get(NOTES)!.keys()) access.rulesFor('l:read', subjectType(NOTES, tool));
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('is never in the way of taking something away', () => {
    const { state } = run(large(), { type: 'AddRule', rule: dear('just-so', 133) });
    expect(attempt(state, { type: 'RemoveRule', rule: 'just-so' })).toHaveLength(1);
  });
});
