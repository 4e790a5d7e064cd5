import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@portcullis/contracts';
import type { JsonValue } from '@portcullis/eventing';
import fc from 'fast-check';
import { Snapshot } from '../decisions/snapshot.js';
import { factCodec, type Fact } from '../facts/facts.js';
import { evolve } from './evolve.js';
import { initialState, type PolicyState } from './state.js';
import { readState, STATE_VERSION, storeState } from './stored-state.js';

const path = (name: string): string => fileURLToPath(new URL(`../../test/${name}`, import.meta.url));
const json = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** Every golden fact, of every version: what is added to the facts is among them by itself. */
const GOLDEN: Fact[] = readdirSync(path('golden'))
  .sort()
  .flatMap((file) =>
    (json(path(`golden/${file}`)) as { data: JsonValue }[]).map(({ data }) =>
      factCodec.decode({ type: file.replace('.json', ''), data }),
    ),
  );

const fold = (facts: readonly Fact[], from: PolicyState = initialState): PolicyState =>
  facts.reduce(evolve, from);

/** As it comes back from the store: through the bytes. */
const restored = (state: PolicyState): PolicyState => readState(JSON.parse(canonicalJson(storeState(state))));

/** In an order in which all of them have an effect. */
const CREATES = /Registered|Defined|MemberAdded|Connected|Granted|Applied|Added|Labelled|Disabled/;
const byEffect = (a: Fact, b: Fact): number => rankOf(a) - rankOf(b);
const rankOf = ({ type }: Fact): number =>
  type === 'policy.GroupMemberAdded' ? 2 : CREATES.test(type) ? 1 : 3;

/** The names that the golden facts use, by the field that they stand in. */
const NAMES = new Map<string, string[]>();
for (const { data } of GOLDEN) {
  for (const [key, value] of Object.entries(data)) {
    if (['user', 'role', 'group', 'srv', 'tool', 'client', 'sid'].includes(key) && typeof value === 'string')
      NAMES.set(key, [...new Set([...(NAMES.get(key) ?? []), value])]);
  }
}

/** Golden facts in any order, about one another's users, roles, groups, servers and tools. */
const anyFacts = fc.array(
  fc
    .record({ fact: fc.constantFrom(...GOLDEN), picks: fc.nat(), command: fc.nat(600) })
    .map(({ fact, picks, command }) => {
      const data = Object.fromEntries(
        Object.entries(fact.data).map(([key, value]) => {
          const names = NAMES.get(key);
          return [
            key,
            names === undefined || typeof value !== 'string' ? value : names[picks % names.length],
          ];
        }),
      );
      const commandId = `01DDD${String(command).padStart(21, '0')}`;
      return { ...fact, data: { ...data, commandId } } as Fact;
    }),
  { maxLength: 60 },
);

describe('a state that is stored', () => {
  it('and the facts after it give what all facts give: to the byte, in order, and with the same digest', () => {
    fc.assert(
      fc.property(anyFacts, anyFacts, (before, after) => {
        const whole = fold([...before, ...after]);
        const continued = fold(after, restored(fold(before)));
        expect(continued).toEqual(whole);
        expect(canonicalJson(storeState(continued))).toBe(canonicalJson(storeState(whole)));
        expect(new Snapshot(continued, 1).digest).toBe(new Snapshot(whole, 1).digest);
      }),
      { numRuns: 200 },
    );
  });

  it('loses no field: each of them is filled by some fact', () => {
    const filled = new Set<string>();
    const fieldsOf = (state: PolicyState) =>
      Object.entries(storeState(state) as Record<string, JsonValue>).map(
        ([key, value]) => [key, canonicalJson(value)] as const,
      );
    const empty = new Map(fieldsOf(initialState));
    let state = initialState;
    for (const fact of [...GOLDEN].sort(byEffect)) {
      state = evolve(state, fact);
      for (const [key, value] of fieldsOf(state)) if (value !== empty.get(key)) filled.add(key);
      expect(restored(state)).toEqual(state);
    }
    expect([...filled].sort()).toEqual(Object.keys(initialState).sort());
  });

  it('is refused when it has a field that would be lost, or lacks one', () => {
    const stored = storeState(fold(GOLDEN)) as Record<string, JsonValue>;
    expect(() => storeState({ ...initialState, more: 1 } as PolicyState)).toThrow('can not be stored');
    expect(() => readState({ ...stored, more: 1 })).toThrow('can not be read');
    const spaced = { ...initialState.commands, open: new Set(['two words']) };
    expect(() => storeState({ ...initialState, commands: spaced })).toThrow('can not be stored');
    const { rules: _rules, ...without } = stored;
    expect(() => readState(without)).toThrow('can not be read');
    expect(() => readState({ ...stored, members: {} })).toThrow('can not be read');
  });

  it('keeps the ids of commands, however many there are', () => {
    const [fact] = GOLDEN;
    const many = Array.from({ length: 700 }, (_, n) => {
      const commandId = `01DDD${String(n).padStart(21, '0')}`;
      return { ...fact, data: { ...fact!.data, commandId } } as Fact;
    });
    const state = fold(many);
    expect(state.commands.full).toHaveLength(2);
    expect(restored(state)).toEqual(state);
  });

  // Whoever sees this fail has added a fact, or has changed what is stored or what facts mean. A state of the present
  // version that an installation may have stored must stay right: if it would not, raise STATE_VERSION. Then run this with
  // WRITE_GOLDEN_STATE=1 in the environment and look at the difference.
  it('is of a version that says how the golden facts are folded', () => {
    const state = storeState(fold([...GOLDEN].sort(byEffect)));
    const file = path(`golden-state/v${STATE_VERSION}.json`);
    if (process.env['WRITE_GOLDEN_STATE'] === '1') writeFileSync(file, `${JSON.stringify(state, null, 2)}\n`);
    expect(json(file)).toEqual(state);
  });
});
