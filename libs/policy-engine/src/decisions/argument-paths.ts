import { referencedPaths } from '../conditions/references.js';
import type { CompiledRule } from '../rules/ability.js';
import type { RuleIndex } from '../rules/rule-index.js';
import { subjectType } from '../rules/tool-subject.js';
import type { Snapshot } from './snapshot.js';

type Paths = readonly (readonly string[])[];

/** By the rules, which outlast a revision, and the tool. */
const FOUND = new WeakMap<RuleIndex, Map<string, Paths>>();
const MAX_KEPT = 10_000;

/**
 * The paths into the arguments of a tool that any rule about it looks at, whoever the rule is for; sorted, without the
 * leading `arguments`. `[]` in the list: a rule looks at the arguments as a whole.
 */
export function argumentPathsOf({ rules }: Snapshot, { srv, tool }: { srv: string; tool: string }): Paths {
  const byTool = FOUND.get(rules) ?? new Map<string, Paths>();
  FOUND.set(rules, byTool);
  const type = subjectType(srv, tool);
  const known = byTool.get(type);
  if (known !== undefined) return known;
  const found = new Map(
    rules
      .about(type)
      .flatMap(pathsOf)
      .map((path) => [JSON.stringify(path), path]),
  );
  const paths = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  if (byTool.size >= MAX_KEPT) byTool.clear();
  byTool.set(type, paths);
  return paths;
}

const pathsOf = ({ when }: CompiledRule): Paths =>
  when === null
    ? []
    : referencedPaths(when)
        .filter(([root]) => root === 'arguments')
        .map(([, ...path]) => path);
