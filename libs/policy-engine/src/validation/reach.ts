import type { ToolLabel } from '@portcullis/contracts';
import { toolMatcher } from '../rules/tool-pattern.js';
import type { Budget } from './budget.js';
import type { Clause } from './selector.js';
import type { KnownTool, World } from './world.js';

export interface ReachedTool extends KnownTool {
  slug: string;
  tool: string;
}

/** What a rule is about now. */
export interface Reach {
  /** Tools whose name matches. */
  named: ReachedTool[];
  /** Those with a label: the others are denied before rules are asked. */
  labelled: ReachedTool[];
  /** Those whose label, or what the upstream may raise it to, is among the rule's. */
  reached: ReachedTool[];
}

export const serversOf = (clause: Clause, world: World): string[] =>
  clause.servers.includes('*')
    ? [...world.servers.keys()]
    : clause.servers.filter((slug) => world.servers.has(slug));

/** Undefined when there is no budget left to look. */
export function reachOf(clause: Clause, world: World, budget: Budget): Reach | undefined {
  const named: ReachedTool[] = [];
  for (const slug of serversOf(clause, world)) {
    const tools = world.servers.get(slug)!;
    if (!budget.spend(tools.size * clause.tools.length)) return undefined;
    for (const name of matching(clause.tools, tools)) named.push({ slug, tool: name, ...tools.get(name)! });
  }
  const labelled = named.filter(({ label }) => label !== null);
  const reached = labelled.filter(({ label }) => couldBeOf(clause.labels, label!));
  return { named, labelled, reached };
}

function matching(patterns: readonly string[], tools: ReadonlyMap<string, KnownTool>): string[] {
  const names = new Set(patterns.filter((pattern) => tools.has(pattern)));
  for (const pattern of patterns.filter((candidate) => candidate.includes('*'))) {
    const matches = toolMatcher(pattern);
    for (const name of tools.keys()) if (matches(name)) names.add(name);
  }
  return [...names];
}

const SEVERITY: Record<ToolLabel, number> = { read: 0, write: 1, destructive: 2 };

/** What the upstream says of its tool may raise a label, never lower it. */
const couldBeOf = (labels: readonly string[] | undefined, label: ToolLabel): boolean =>
  labels === undefined || labels.some((wanted) => SEVERITY[wanted as ToolLabel] >= SEVERITY[label]);
