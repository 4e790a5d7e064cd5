import fc from 'fast-check';

/**
 * A condition of the subset that both languages have, before either of them has seen it. Left out because Cedar has no
 * counterpart: `$matches`, `?` in globs, `$length`, `$size`, `$only`, `$all`, `$during`, numbers that are not integers.
 */
export type Sentence =
  | { kind: 'and' | 'or'; parts: Sentence[]; spelling: number }
  | { kind: 'not'; part: Sentence }
  | { kind: 'test'; path: string[]; operator: string; operand: unknown; spelling: number }
  | { kind: 'holds'; list: 'roles' | 'groups' | 'scopes'; item: string }
  | { kind: 'moment'; operator: '$before' | '$after'; moment: string }
  | { kind: 'network'; networks: string[] };

/** Keys that arguments and paths share, so that they meet; some are hard to spell and some are inherited by objects. */
export const KEYS = ['amount', 'to', 'deep', 'constructor', 'a.b', 'c/~d'] as const;

export const TEXTS = [
  '',
  'a',
  'ab',
  'abba',
  'prod-1',
  'prod-',
  'é',
  'e\u0301',
  '𝒳',
  '5',
  'true',
  'constructor',
];
/** Of the question and of conditions; one is written with another offset. */
export const MOMENTS = ['2026-03-01T00:00:00.000Z', '2026-03-01T12:00:00.000Z', '2026-12-31T23:59:59.999Z'];
export const ADDRESSES = ['10.1.2.3', '10.255.0.1', '192.168.0.7', '2001:db8::7', '2001:db9::1'];
const NETWORKS = ['10.0.0.0/8', '10.1.0.0/16', '192.168.0.7/32', '0.0.0.0/0', '2001:db8::/32', '::/0'];
export const INTEGERS = [0, 1, 5, 100, 101, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];

const text = fc.constantFrom(...TEXTS);
const integer = fc.constantFrom(...INTEGERS);
const scalar = fc.oneof(text, integer, fc.boolean(), fc.constant(null));

const path = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 })
      .map((keys) => ['arguments', ...keys]),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('user', 'client', 'agent', 'kind').map((key) => ['principal', key]),
  },
  { weight: 1, arbitrary: fc.constantFrom('protocol', 'transport').map((key) => ['context', key]) },
);

const globs = fc
  .array(fc.constantFrom('*', 'a', 'b', 'prod-', '1', 'é'), { minLength: 1, maxLength: 5 })
  .map((pieces) => pieces.join(''));

const operation = fc.oneof(
  fc.tuple(fc.constantFrom('$eq', '$ne'), scalar),
  fc.tuple(fc.constantFrom('$in', '$nin'), fc.array(scalar, { minLength: 1, maxLength: 4 })),
  fc.tuple(fc.constantFrom('$lt', '$lte', '$gt', '$gte'), integer),
  fc.tuple(fc.constant('$exists'), fc.boolean()),
  fc.tuple(fc.constant('$glob'), globs),
  fc.tuple(fc.constant('$type'), fc.constantFrom('string', 'number', 'boolean', 'null', 'array', 'object')),
);

const test = fc
  .tuple(path, operation, fc.nat({ max: 3 }))
  .map(([at, [operator, operand], spelling]): Sentence => ({
    kind: 'test',
    path: at,
    operator,
    operand,
    spelling,
  }));

const holds = fc
  .constantFrom(
    ['roles', 'clerk'] as const,
    ['roles', 'member'] as const,
    ['roles', 'auditor'] as const,
    ['groups', 'treasury'] as const,
    ['groups', 'interns'] as const,
    ['scopes', 'mcp'] as const,
    ['scopes', 'files'] as const,
  )
  .map(([list, item]): Sentence => ({ kind: 'holds', list, item }));

const surroundings: fc.Arbitrary<Sentence> = fc.oneof(
  fc.record({
    kind: fc.constant('moment' as const),
    operator: fc.constantFrom('$before' as const, '$after' as const),
    moment: fc.constantFrom(...MOMENTS, '2026-03-01T13:00:00.000+01:00'),
  }),
  fc.record({
    kind: fc.constant('network' as const),
    networks: fc.uniqueArray(fc.constantFrom(...NETWORKS), { minLength: 1, maxLength: 2 }),
  }),
);

export const sentence: fc.Arbitrary<Sentence> = fc.letrec<{ any: Sentence }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 6, arbitrary: test },
    { weight: 1, arbitrary: holds },
    { weight: 1, arbitrary: surroundings },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        parts: fc.array(tie('any'), { minLength: 1, maxLength: 3 }),
        spelling: fc.nat({ max: 1 }),
      }),
    },
    { weight: 2, arbitrary: tie('any').map((part): Sentence => ({ kind: 'not', part })) },
  ),
})).any;

const pointer = (keys: readonly string[]): string =>
  keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** A path in one of the ways it may be written: dotted where no key forbids it, as a pointer, or as nested objects. */
function spelled(path: readonly string[], predicate: unknown, spelling: number): Record<string, unknown> {
  if (spelling === 1) return { [pointer(path)]: predicate };
  if (spelling === 2) {
    const [root, ...keys] = path;
    return { [root!]: keys.reduceRight((inner, key) => ({ [pointer([key])]: inner }), predicate) };
  }
  const dotted = path.every((key) => !/[./~]/.test(key));
  return { [dotted ? path.join('.') : pointer(path)]: predicate };
}

/** The sentence in our language, as an author would write it. */
export function toCondition(sentence: Sentence): Record<string, unknown> {
  switch (sentence.kind) {
    case 'and':
    case 'or':
      return junction(sentence.kind, sentence.parts.map(toCondition), sentence.spelling);
    case 'not':
      return { $not: toCondition(sentence.part) };
    case 'holds':
      return { [`principal.${sentence.list}`]: { $any: { $eq: sentence.item } } };
    case 'moment':
      return { 'context.time': { [sentence.operator]: sentence.moment } };
    case 'network':
      return { 'context.ip': { $cidr: sentence.networks } };
    case 'test': {
      const { path, operator, operand, spelling } = sentence;
      const bare = operator === '$eq' && spelling === 3;
      return spelled(path, bare ? operand : { [operator]: operand }, spelling);
    }
  }
}

/** Entries of one object are a conjunction too, as long as no key occurs twice. */
function junction(kind: 'and' | 'or', parts: Record<string, unknown>[], spelling: number) {
  const keys = parts.flatMap((part) => Object.keys(part));
  const distinct = new Set(keys).size === keys.length;
  if (kind === 'and' && spelling === 1 && distinct)
    return Object.assign({}, ...parts) as Record<string, unknown>;
  return { [`$${kind}`]: parts };
}
