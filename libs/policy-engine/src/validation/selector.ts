import type { DocumentGuard, DocumentRule, PolicyDocument } from '@portcullis/contracts';
import { canonicalJson, type JsonValue } from '@portcullis/contracts';
import { pointer } from '../document/pointer.js';
import { toolMatcher } from '../rules/tool-pattern.js';

/** A rule or guard of a document, as one thing. */
export interface Clause {
  id: string;
  effect: DocumentRule['effect'];
  isGuard: boolean;
  /** JSON Pointer into the document. */
  at: string;
  subjects: DocumentRule['subjects'];
  servers: readonly string[];
  tools: readonly string[];
  labels: readonly string[] | undefined;
  when: Record<string, unknown> | undefined;
  approval: DocumentRule['approval'];
  /** Equal exactly for equal conditions; empty without one. */
  whenKey: string;
}

/** Guards first: they stand above. */
export const clausesOf = ({ guards, rules }: PolicyDocument): Clause[] => [
  ...guards.map((guard, index) =>
    clause({ ...guard, subjects: { everyone: true } }, pointer(['guards', index]), true),
  ),
  ...rules.map((rule, index) => clause(rule, pointer(['rules', index]), false)),
];

function clause(
  rule: DocumentRule | (DocumentGuard & Pick<DocumentRule, 'subjects'>),
  at: string,
  isGuard: boolean,
): Clause {
  const { id, effect, subjects, servers, tools, labels, when, approval } = rule;
  const whenKey = when === undefined ? '' : canonicalJson(when as JsonValue);
  return { id, effect, isGuard, at, subjects, servers, tools, labels, when, approval, whenKey };
}

/** Whether every call that `inner` is about is one that `outer` is about, whatever tools there will ever be. */
export function covers(outer: Clause, inner: Clause): boolean {
  return (
    coversSubjects(outer.subjects, inner.subjects) &&
    coversLabels(outer.labels, inner.labels) &&
    inner.servers.every((server) => outer.servers.includes('*') || outer.servers.includes(server)) &&
    inner.tools.every((tool) => outer.tools.some((pattern) => coversPattern(pattern, tool)))
  );
}

const isForAll = ({ everyone, roles }: Clause['subjects']): boolean =>
  everyone === true || (roles?.includes('member') ?? false);

function coversSubjects(outer: Clause['subjects'], inner: Clause['subjects']): boolean {
  if (isForAll(outer)) return true;
  if (isForAll(inner)) return false;
  return (['roles', 'groups', 'users'] as const).every((kind) =>
    (inner[kind] ?? []).every((name) => outer[kind]?.includes(name) ?? false),
  );
}

const LABELS = ['read', 'write', 'destructive'];

const coversLabels = (outer: Clause['labels'], inner: Clause['labels']): boolean =>
  outer === undefined || (inner ?? LABELS).every((label) => outer.includes(label));

/**
 * A `*` of the inner pattern can only be matched by a `*` of the outer one, which then takes whatever stands for it: so
 * matching the pattern as if it were a name is enough.
 */
const coversPattern = (outer: string, inner: string): boolean => toolMatcher(outer)(inner);
