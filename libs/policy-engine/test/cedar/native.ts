import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import fc from 'fast-check';
import { all, attribute, compare, contains, equal, has, like, set, value, variable } from './expression.js';
import { KEYS, INTEGERS, TEXTS } from '../samples/sentence.js';

/** A conjunction of tests that a Cedar author would write without a guard, on arguments as they come. */
export interface NativeTest {
  path: string[];
  operator: '$eq' | '$in' | '$lt' | '$lte' | '$gt' | '$gte' | '$glob' | '$exists';
  operand: unknown;
}

const PLAIN_KEYS = KEYS.slice(0, 3);
const keys = fc.array(fc.constantFrom(...PLAIN_KEYS), { minLength: 1, maxLength: 2 });
const scalar = fc.oneof(
  fc.constantFrom(...TEXTS.slice(1, 5)),
  fc.constantFrom(...INTEGERS.slice(0, 5)),
  fc.boolean(),
);

const operation = fc.oneof(
  fc.tuple(fc.constant('$eq' as const), scalar),
  fc.tuple(fc.constant('$in' as const), fc.array(scalar, { minLength: 1, maxLength: 4 })),
  fc.tuple(
    fc.constantFrom('$lt' as const, '$lte' as const, '$gt' as const, '$gte' as const),
    fc.constantFrom(...INTEGERS),
  ),
  fc.tuple(fc.constant('$glob' as const), fc.constantFrom('*', 'a*', '*b*', 'prod-*', '*1')),
  fc.tuple(fc.constant('$exists' as const), fc.constant(true)),
);

export const nativeTests: fc.Arbitrary<NativeTest[]> = fc.array(
  fc.tuple(keys, operation).map(([path, [operator, operand]]) => ({ path, operator, operand })),
  { minLength: 1, maxLength: 3 },
);

/** No null: Cedar has none. */
export const nativeArguments = fc.letrec((tie) => ({
  object: fc.dictionary(fc.constantFrom(...PLAIN_KEYS), tie('value'), { minKeys: 1, maxKeys: 3 }),
  value: fc.oneof({ maxDepth: 2 }, scalar, scalar, fc.array(scalar, { maxLength: 2 }), tie('object')),
})).object as fc.Arbitrary<Record<string, cedar.CedarValueJson>>;

export const toNativeCondition = (tests: NativeTest[]) => ({
  $and: tests.map(({ path, operator, operand }) => ({
    [`arguments.${path.join('.')}`]: { [operator]: operand },
  })),
});

const COMPARISONS = { $lt: '<', $lte: '<=', $gt: '>', $gte: '>=' } as const;

function toExpression({ path, operator, operand }: NativeTest): cedar.Expr {
  const parent = path.slice(0, -1).reduce(attribute, attribute(variable('context'), 'arguments'));
  const found = attribute(parent, path.at(-1)!);
  if (operator === '$exists') return has(parent, path.at(-1)!);
  if (operator === '$eq') return equal(found, value(operand as string));
  if (operator === '$in') return contains(set((operand as string[]).map((it) => value(it))), found);
  if (operator === '$glob') return like(found, operand as string);
  return compare(COMPARISONS[operator], found, value(operand as number));
}

/** Whether Cedar's one policy, `permit` or `forbid … when { tests }`, applies to the arguments. Errors skip it. */
export function appliesInCedar(
  effect: 'permit' | 'forbid',
  tests: NativeTest[],
  args: Record<string, cedar.CedarValueJson>,
): boolean {
  const any = { op: 'All' as const };
  const policy: cedar.PolicyJson = {
    effect,
    principal: any,
    action: any,
    resource: any,
    conditions: [{ kind: 'when', body: all(...tests.map(toExpression)) }],
  };
  const answer = cedar.isAuthorized({
    principal: { type: 'User', id: 'u' },
    action: { type: 'Action', id: 'tool.call' },
    resource: { type: 'Tool', id: 't' },
    context: { arguments: args },
    policies: { staticPolicies: { it: policy } },
    entities: [],
  });
  if (answer.type === 'failure') throw new Error(`Cedar refuses: ${JSON.stringify(answer.errors)}`);
  return answer.response.diagnostics.reason.includes('it');
}
