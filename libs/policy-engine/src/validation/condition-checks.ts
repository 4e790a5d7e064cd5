import { jsonType, parsePath } from '../conditions/path.js';
import type { FindingCode } from '../document/finding.js';
import { pointer } from '../document/pointer.js';
import type { InputSchema, Said } from './input-schema.js';
import { typesOfOperator } from './operator-types.js';

/** A value as one of the tools that a rule is about declares it. */
export interface View {
  /** The tool, for the author; null for what policy itself makes. */
  of: string | null;
  input: InputSchema;
  schema: unknown;
}

/** What is wrong with a condition, if the schemas are right. */
export interface Complaint {
  severity: 'error' | 'warning';
  code: FindingCode;
  at: string;
  reason: string;
}

/** What a condition looks at, from the top: the arguments as each tool declares them, and what policy makes itself. */
export interface Roots {
  tools: readonly View[];
  around: View;
}

interface Scope {
  at: string;
  path: string;
  views: readonly View[];
  /** At the top only, where a path begins with one of the roots. */
  roots?: Roots | undefined;
}

/** Holds a condition to what the tools declare of their arguments. */
export function checkCondition(condition: Record<string, unknown>, at: string, roots: Roots): Complaint[] {
  return inScope(condition, { at, path: '', views: [], roots });
}

function inScope(condition: Record<string, unknown>, scope: Scope): Complaint[] {
  return Object.entries(condition).flatMap(([key, operand]) => entry(key, operand, scope));
}

function entry(key: string, operand: unknown, scope: Scope): Complaint[] {
  const at = `${scope.at}${pointer([key])}`;
  if (key === '$and' || key === '$or')
    return (operand as Record<string, unknown>[]).flatMap((part, index) =>
      inScope(part, { ...scope, at: `${at}/${index}` }),
    );
  if (key === '$not') return inScope(operand as Record<string, unknown>, { ...scope, at });
  if (key.startsWith('$')) return operator(key, operand, { ...scope, at });
  return atPath(key, operand, { ...scope, at });
}

function atPath(key: string, operand: unknown, scope: Scope): Complaint[] {
  const steps = parsePath(key, scope.at);
  const path = [scope.path, ...steps].filter((step) => step !== '').join('.');
  const { roots } = scope;
  const whole = roots === undefined ? scope.views : steps[0] === 'arguments' ? roots.tools : [roots.around];
  const said = whole.map((view) => ({ view, said: descend(view, steps) }));
  const views = said.flatMap(({ view, said: found }) =>
    typeof found === 'object' ? [{ ...view, schema: found.schema }] : [],
  );
  const test = jsonType(operand) === 'object' ? (operand as Record<string, unknown>) : { $eq: operand };
  // Whether something is there may be asked of what nobody declares.
  const asksPresence = Object.keys(test).every((name) => name === '$exists');
  const absent = said.filter(({ said: found }) => found === 'impossible' || found === 'undeclared');
  const without = absent.map(({ view }) => view);
  const missing = asksPresence ? [] : missingPath(path, { ...scope, views: whole }, without);
  return [...missing, ...inScope(test, { at: scope.at, path, views })];
}

function descend(view: View, steps: readonly string[]): Said {
  let schema = view.schema;
  for (const step of steps) {
    const said = view.input.property(schema, step);
    if (typeof said !== 'object') return said;
    schema = said.schema;
  }
  return { schema };
}

function missingPath(path: string, { at, views }: Scope, absent: readonly View[]): Complaint[] {
  const [first] = absent;
  if (first === undefined) return [];
  if (first.of === null)
    return [{ severity: 'error', code: 'unknown-path', at, reason: `there is no ${path}` }];
  const severity = absent.length === views.length ? 'error' : 'warning';
  return [{ severity, code: 'unknown-argument', at, reason: `${toolsOf(absent)} no ${path}` }];
}

function operator(key: string, operand: unknown, scope: Scope): Complaint[] {
  const { views } = scope;
  const wrong = views.filter((view) => !canBe(view, typesOfOperator(key, operand)));
  const complaints = wrong.length === 0 ? [] : [wrongType(key, operand, scope, wrong)];
  const rest = views.filter((view) => !wrong.includes(view));
  if (key === '$any' || key === '$all') {
    const items = rest.flatMap((view) => {
      const said = view.input.items(view.schema);
      return typeof said === 'object' ? [{ ...view, schema: said.schema }] : [];
    });
    return [...complaints, ...inScope(operand as Record<string, unknown>, { ...scope, views: items })];
  }
  return [...complaints, ...impossibleValues(key, operand, { ...scope, views: rest })];
}

function canBe({ input, schema }: View, types: readonly string[]): boolean {
  const known = input.types(schema);
  return known === undefined || types.some((type) => known.has(type));
}

function wrongType(
  key: string,
  operand: unknown,
  { at, path, views }: Scope,
  wrong: readonly View[],
): Complaint {
  const severity = wrong.length === views.length ? 'error' : 'warning';
  const [first] = wrong as [View];
  const is = [...first.input.types(first.schema)!].join(' or ') || 'nothing';
  const of = first.of === null ? '' : ` of ${first.of}`;
  const wants = [...new Set(typesOfOperator(key, operand))].join(' or ');
  return { severity, code: 'wrong-type', at, reason: `${path}${of} is ${is}, ${key} is told of ${wants}` };
}

const EQUALITIES: ReadonlySet<string> = new Set(['$eq', '$ne', '$in', '$nin']);

/** Operands that are not among the values that there may be. An operator that none of its operands can meet is a mistake. */
function impossibleValues(key: string, operand: unknown, scope: Scope): Complaint[] {
  if (!EQUALITIES.has(key)) return [];
  const values = valuesOf(scope.views);
  if (values === undefined) return [];
  const operands: unknown[] = Array.isArray(operand) ? operand : [operand];
  const never = operands.filter((value) => value !== null && !values.has(value));
  if (never.length === 0) return [];
  const isMet = never.length < operands.length || key === '$ne' || key === '$nin';
  return [neverThat(scope, never, isMet ? 'warning' : 'error')];
}

/** What any of them may be; undefined where one of them may be anything. */
function valuesOf(views: readonly View[]): ReadonlySet<unknown> | undefined {
  const values = new Set<unknown>();
  for (const { input, schema } of views) {
    const known = input.values(schema);
    if (known === undefined) return undefined;
    for (const value of known) values.add(value);
  }
  return views.length === 0 ? undefined : values;
}

function neverThat(
  { at, path, views }: Scope,
  never: readonly unknown[],
  severity: 'error' | 'warning',
): Complaint {
  const { of, input, schema } = views[0]!;
  const code = input.codeOf(schema) as FindingCode | undefined;
  const where = of === null ? path : `${path} of ${of}`;
  const reason = `${where} is never ${never.map((value) => JSON.stringify(value)).join(' or ')}`;
  // A name that nobody has is a mistake, however it is compared.
  return { severity: code === undefined ? severity : 'error', code: code ?? 'impossible-value', at, reason };
}

/** `bank/pay has`, `bank/pay, bank/list and 3 others have` */
function toolsOf(views: readonly View[]): string {
  const names = views.map(({ of }) => of);
  const some = names.slice(0, 2).join(', ');
  if (names.length <= 2) return `${some} ${names.length === 1 ? 'has' : 'have'}`;
  return `${some} and ${names.length - 2} others have`;
}
