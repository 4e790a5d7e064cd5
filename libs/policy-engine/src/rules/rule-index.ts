import type { StoredRule } from '../facts/fields.js';
import { buildAbilities, type Abilities, type CompiledRule, type ToolAbility } from './ability.js';
import { compileRule } from './compile-rule.js';
import { parseSubjectType } from './tool-subject.js';

/** Whoever asks, as far as rules care. */
export interface RuleSubject {
  user: string;
  roles: readonly string[];
  groups: readonly string[];
}

/** Whether the rule is for this member, by name, by a role or by a group. */
export function isFor({ subjects }: Pick<StoredRule, 'subjects'>, asker: RuleSubject): boolean {
  if (subjects.everyone) return true;
  return (
    (subjects.users?.includes(asker.user) ?? false) ||
    (subjects.roles?.some((role) => asker.roles.includes(role)) ?? false) ||
    (subjects.groups?.some((group) => asker.groups.includes(group)) ?? false)
  );
}

/** A rule and its place in the policy. */
interface Placed {
  at: number;
  compiled: CompiledRule;
}

/** The rules about one tool, in the order of the policy, and the abilities that some of them make up, by their places. */
interface ToolRules {
  rules: readonly Placed[];
  abilities: Map<string, Abilities>;
}

/**
 * Bounds of what is kept, each emptied when it is full. They only guard against unusual policies: sets of roles are few
 * and people use few tools.
 */
const KEPT = { tools: 10_000, setsOfATool: 1_000, askers: 2_000, toolsOfAnAsker: 500 };

const keep = <K, V>(map: Map<K, V>, key: K, { value, most }: { value: V; most: number }): V => {
  if (map.size >= most) map.clear();
  map.set(key, value);
  return value;
};

/** What no rule says anything about. */
const NOTHING = buildAbilities([], '');

const INDICES = new WeakMap<ReadonlyMap<string, StoredRule>, RuleIndex>();

/**
 * The rules of a policy, found by what they are about. Made once for all revisions with the same rules, whatever else has
 * changed: who holds which role comes with the asker, and labels are not its business. Nothing is worked out before it is
 * asked for, tool by tool and asker by asker, so that a change costs little however many rules there are.
 */
export class RuleIndex {
  readonly #rules: ReadonlyMap<string, CompiledRule>;
  readonly #byServer = new Map<string, Placed[]>();
  /** Users whom some rule names: only for them the user is part of what an asker is. */
  readonly #named: ReadonlySet<string>;
  readonly #tools = new Map<string, ToolRules>();
  readonly #askers = new Map<string, Abilities>();

  /** @throws AppError INVALID_ARGUMENT when a stored condition can't be compiled: nothing may be decided then. */
  static of(rules: ReadonlyMap<string, StoredRule>): RuleIndex {
    const known = INDICES.get(rules);
    if (known !== undefined) return known;
    const index = new RuleIndex(rules);
    INDICES.set(rules, index);
    return index;
  }

  private constructor(rules: ReadonlyMap<string, StoredRule>) {
    const compiled = new Map<string, CompiledRule>();
    const named = new Set<string>();
    for (const [id, rule] of rules) {
      const placed = { at: compiled.size, compiled: compileRule(rule) };
      compiled.set(id, placed.compiled);
      for (const user of rule.subjects.users ?? []) named.add(user);
      for (const srv of rule.servers.includes('*') ? ['*'] : new Set(rule.servers)) this.#place(srv, placed);
    }
    this.#rules = compiled;
    this.#named = named;
  }

  #place(srv: string, placed: Placed): void {
    const there = this.#byServer.get(srv);
    if (there === undefined) this.#byServer.set(srv, [placed]);
    else there.push(placed);
  }

  get all(): Iterable<CompiledRule> {
    return this.#rules.values();
  }

  /** Rules about a tool, given by its subject type, whoever they are for; in the order of the policy. */
  about(type: string): readonly CompiledRule[] {
    return this.#toolRules(type).rules.map(({ compiled }) => compiled);
  }

  rule(id: string): CompiledRule | undefined {
    return this.#rules.get(id);
  }

  /** What the rules for this asker say. The same object for whoever has the same roles and groups and is not named. */
  abilitiesOf(asker: RuleSubject): Abilities {
    const { user, roles, groups } = asker;
    const key = `${roles.join(',')}|${groups.join(',')}|${this.#named.has(user) ? user : ''}`;
    const known = this.#askers.get(key);
    if (known !== undefined) return known;
    return keep(this.#askers, key, { value: this.#makeAbilities(asker), most: KEPT.askers });
  }

  #makeAbilities(asker: RuleSubject): Abilities {
    const byTool = new Map<string, Abilities>();
    const about = (type: string): Abilities =>
      byTool.get(type) ??
      keep(byTool, type, { value: this.#abilitiesAbout(type, asker), most: KEPT.toolsOfAnAsker });
    const ability = (which: keyof Abilities): ToolAbility => ({
      rulesFor: (action, type) => about(type)[which].rulesFor(action, type),
      relevantRuleFor: (action, subject) => about(subject.type)[which].relevantRuleFor(action, subject),
    });
    return { access: ability('access'), approval: ability('approval') };
  }

  #abilitiesAbout(type: string, asker: RuleSubject): Abilities {
    const { rules, abilities } = this.#toolRules(type);
    const relevant = rules.filter(({ compiled }) => isFor(compiled.rule, asker));
    if (relevant.length === 0) return NOTHING;
    const key = relevant.map(({ at }) => at).join();
    const known = abilities.get(key);
    if (known !== undefined) return known;
    const made = buildAbilities(
      relevant.map(({ compiled }) => compiled),
      type,
    );
    return keep(abilities, key, { value: made, most: KEPT.setsOfATool });
  }

  #toolRules(type: string): ToolRules {
    const known = this.#tools.get(type);
    if (known !== undefined) return known;
    const { srv, tool } = parseSubjectType(type);
    const rules = [...(this.#byServer.get(srv) ?? []), ...(this.#byServer.get('*') ?? [])]
      .filter(({ compiled }) => compiled.covers(tool))
      .sort((a, b) => a.at - b.at);
    return keep(this.#tools, type, { value: { rules, abilities: new Map() }, most: KEPT.tools });
  }
}
