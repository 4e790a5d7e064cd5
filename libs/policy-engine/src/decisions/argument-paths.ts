import { referencedPaths } from '../conditions/references.js';
import type { CompiledRule } from '../rules/ability.js';
import { toolMatcher } from '../rules/tool-pattern.js';
import { subjectType } from '../rules/tool-subject.js';
import type { Snapshot } from './snapshot.js';

type Paths = readonly (readonly string[])[];

interface Place {
  srv: string;
  tool: string;
}

/** Of one policy: the rules that look at arguments, and what has been found for a tool. */
interface Looked {
  rules: readonly CompiledRule[];
  byTool: Map<string, Paths>;
}

const LOOKED = new WeakMap<Snapshot, Looked>();
const MAX_KEPT = 10_000;

/**
 * The paths into the arguments of a tool that any rule about it looks at, whoever the rule is for; sorted, without the
 * leading `arguments`. `[]` in the list: a rule looks at the arguments as a whole.
 */
export function argumentPathsOf(snapshot: Snapshot, place: Place): Paths {
  const { rules, byTool } = lookedInto(snapshot);
  const key = subjectType(place.srv, place.tool);
  const known = byTool.get(key);
  if (known !== undefined) return known;
  const found = new Map<string, readonly string[]>();
  for (const rule of rules) {
    if (isAbout(rule, place)) for (const path of pathsOf(rule)) found.set(JSON.stringify(path), path);
  }
  const paths = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  if (byTool.size >= MAX_KEPT) byTool.clear();
  byTool.set(key, paths);
  return paths;
}

function lookedInto(snapshot: Snapshot): Looked {
  const known = LOOKED.get(snapshot);
  if (known !== undefined) return known;
  const rules = [...snapshot.rulebook.rules].filter((rule) => pathsOf(rule).length > 0);
  const looked = { rules, byTool: new Map<string, Paths>() };
  LOOKED.set(snapshot, looked);
  return looked;
}

const pathsOf = ({ when }: CompiledRule): Paths =>
  when === null
    ? []
    : referencedPaths(when)
        .filter(([root]) => root === 'arguments')
        .map(([, ...path]) => path);

const isAbout = ({ rule }: CompiledRule, { srv, tool }: Place): boolean =>
  (rule.servers.includes('*') || rule.servers.includes(srv)) &&
  rule.tools.some((pattern) => toolMatcher(pattern)(tool));
