import { compileCondition } from '../conditions/compile.js';
import type { Finding } from '../document/finding.js';
import type { Budget } from './budget.js';
import { checkCondition, type View } from './condition-checks.js';
import { surroundings } from './domains.js';
import { InputSchema } from './input-schema.js';
import type { Reach } from './reach.js';
import { whyNeverTrue } from './satisfiable.js';
import type { Clause } from './selector.js';
import type { World } from './world.js';

/** Of one rule. More say nothing new. */
const MAX_FINDINGS = 20;

/** What is wrong with the condition of a rule: by itself, and beside what its tools declare. */
export class ConditionFindings {
  readonly #around: View;
  readonly #inputs = new Map<unknown, InputSchema>();

  constructor(
    world: World,
    private readonly budget: Budget,
  ) {
    const schema = surroundings(world);
    this.#around = { of: null, input: new InputSchema(schema), schema };
  }

  of(clause: Clause, reach: Reach): Finding[] {
    const { id, at, when, effect } = clause;
    if (when === undefined) return [];
    const found: Finding[] = [];
    const why = whyNeverTrue(compileCondition(when));
    if (why !== undefined) {
      const isAllow = effect === 'allow';
      const reason = isAllow ? why : `${why}: it applies only where that can't be told`;
      found.push({
        severity: isAllow ? 'error' : 'warning',
        code: isAllow ? 'never-fires' : 'only-in-doubt',
        rule: id,
        at: `${at}/when`,
        reason,
      });
    }
    const roots = { tools: this.#viewsOf(reach, clause.whenKey.length), around: this.#around };
    const complaints = checkCondition(when, `${at}/when`, roots);
    const unique = new Map(
      complaints.map((complaint) => [JSON.stringify(complaint), { rule: id, ...complaint }]),
    );
    return [...found, ...unique.values()].slice(0, MAX_FINDINGS);
  }

  /** Tools that declare the same are looked at once. */
  #viewsOf({ reached }: Reach, cost: number): View[] {
    const views = new Map<unknown, View>();
    for (const { slug, tool, inputSchema } of reached) {
      if (views.has(inputSchema)) continue;
      if (!this.budget.spend(cost)) return [];
      const schema = { type: 'object', properties: { arguments: inputSchema } };
      views.set(inputSchema, { of: `${slug}/${tool}`, input: this.#inputOf(inputSchema), schema });
    }
    return [...views.values()];
  }

  #inputOf(schema: unknown): InputSchema {
    const known = this.#inputs.get(schema) ?? new InputSchema(schema);
    this.#inputs.set(schema, known);
    return known;
  }
}
