import type { CedarValueJson, Expr } from '@cedar-policy/cedar-wasm/nodejs';
import {
  all,
  any,
  attribute,
  compare,
  contains,
  entity,
  equal,
  extension,
  has,
  isIn,
  like,
  not,
} from './expression.js';
import { set, value, variable } from './expression.js';
import type { Sentence } from '../samples/sentence.js';

/**
 * Our conditions have three values, Cedar's two and errors; an error makes Cedar skip the policy, so an erroring forbid
 * forbids nothing, while our deny applies. No expression can ask whether another one errs, and `==` of two types is false
 * in Cedar, not an error. Therefore:
 *
 * - arguments cross with their JSON type as a tag, `{"string": "a"}`, `{"number": 5}`, so that `has` can ask for it;
 * - a condition becomes two expressions that never err, each test behind its guards `has`: when it is certainly true
 *   (`yes`) and when it is certainly false (`no`). Neither: indeterminate. `and` and `or` are De Morgan's of both;
 * - an allow is `permit … when { yes }`, a deny `forbid … unless { no }`: indeterminate satisfies no allow and every deny.
 */
export interface Truths {
  yes: Expr;
  no: Expr;
}

/** The JSON type is the tag; our names of types are the tags. */
export function tagged(it: unknown): CedarValueJson {
  if (it === null) return { null: true };
  if (Array.isArray(it)) return { array: it.map(tagged) };
  if (typeof it === 'object') {
    return { object: Object.fromEntries(Object.entries(it).map(([key, inner]) => [key, tagged(inner)])) };
  }
  return { [typeof it]: it } as Record<string, CedarValueJson>;
}

export function truths(sentence: Sentence): Truths {
  switch (sentence.kind) {
    case 'and':
    case 'or':
      return junction(sentence.kind, sentence.parts.map(truths));
    case 'not': {
      const { yes, no } = truths(sentence.part);
      return { yes: no, no: yes };
    }
    case 'holds':
      return holds(sentence.list, sentence.item);
    case 'moment':
      return moment(sentence);
    case 'network':
      return network(sentence.networks);
    case 'test':
      return test(sentence);
  }
}

function junction(kind: 'and' | 'or', parts: Truths[]): Truths {
  const yes = parts.map((part) => part.yes);
  const no = parts.map((part) => part.no);
  return kind === 'and' ? { yes: all(...yes), no: any(...no) } : { yes: any(...yes), no: all(...no) };
}

/** Roles and groups are Cedar's hierarchy; scopes may be unknown, then nothing is certain. */
function holds(list: 'roles' | 'groups' | 'scopes', item: string): Truths {
  if (list !== 'scopes') {
    const type = list === 'roles' ? 'Role' : 'Group';
    const member = isIn(variable('principal'), entity(type, item));
    return { yes: member, no: not(member) };
  }
  const scopes = place(['principal', 'scopes']);
  const held = contains(attribute(scopes.found, 'array'), value(tagged(item)));
  return { yes: all(scopes.there, held), no: all(scopes.there, not(held)) };
}

/** The time of the question is always there and always one. */
function moment({ operator, moment: wanted }: Extract<Sentence, { kind: 'moment' }>): Truths {
  const now = extension('datetime', attribute(place(['context', 'time']).found, 'string'));
  // Cedar writes an offset without the colon.
  const moment = extension('datetime', value(wanted.replace(/([+-]\d\d):(\d\d)$/, '$1$2')));
  const yes = compare(operator === '$before' ? '<' : '>', now, moment);
  return { yes, no: not(yes) };
}

/** The address may be missing; if it is there it is one. */
function network(networks: readonly string[]): Truths {
  const { there, found } = place(['context', 'ip']);
  const address = extension('ip', attribute(found, 'string'));
  const inside = any(...networks.map((it) => extension('isInRange', address, extension('ip', value(it)))));
  return { yes: all(there, inside), no: all(there, not(inside)) };
}

interface Place {
  /** The value, tagged. Only to be read behind `there`. */
  found: Expr;
  there: Expr;
  /** Some object on the way, itself reached, lacks the next key: absence is certain. */
  missing: Expr;
}

/** Where a path leads: each step is an object that has the next key. */
function place([root, ...keys]: readonly string[]): Place {
  let found = attribute(variable('context'), root!);
  let there: Expr = value(true);
  const missing: Expr[] = [];
  for (const key of keys) {
    const isObject = all(there, has(found, 'object'));
    const inside = attribute(found, 'object');
    missing.push(all(isObject, not(has(inside, key))));
    there = all(isObject, has(inside, key));
    found = attribute(inside, key);
  }
  return { found, there, missing: any(...missing) };
}

const COMPARISONS = { $lt: '<', $lte: '<=', $gt: '>', $gte: '>=' } as const;
const NEGATED = new Map([
  ['$ne', '$eq'],
  ['$nin', '$in'],
]);

function test({ path, operator, operand }: Extract<Sentence, { kind: 'test' }>): Truths {
  const positive = NEGATED.get(operator);
  const at = place(path);
  const truth = testAt(at, positive ?? operator, operand);
  return positive === undefined ? truth : { yes: truth.no, no: truth.yes };
}

function testAt(at: Place, operator: string, operand: unknown): Truths {
  if (operator === '$exists') {
    return operand === true ? { yes: at.there, no: at.missing } : { yes: at.missing, no: at.there };
  }
  if (operator === '$type') return ofType(at, operand as string);
  if (operator === '$glob') return onType(at, 'string', (text) => like(text, operand as string));
  if (operator === '$in') return among(at, operand as Scalar[]);
  // Whatever is there answers the question whether it is null.
  if (operator === '$eq' && operand === null) return ofType(at, 'null');
  if (operator === '$eq') return onType(at, typeof operand, (it) => equal(it, value(operand as Scalar)));
  const sign = COMPARISONS[operator as keyof typeof COMPARISONS];
  return onType(at, 'number', (it) => compare(sign, it, value(operand as number)));
}

type Scalar = string | number | boolean | null;

function ofType({ there, found }: Place, type: string): Truths {
  return { yes: all(there, has(found, type)), no: all(there, not(has(found, type))) };
}

function onType({ there, found }: Place, type: string, ask: (value: Expr) => Expr): Truths {
  const typed = all(there, has(found, type));
  const answer = ask(attribute(found, type));
  return { yes: all(typed, answer), no: all(typed, not(answer)) };
}

/** Certainly not among them only if its type is one of theirs. */
function among(at: Place, operands: Scalar[]): Truths {
  const types = [...new Set(operands.filter((it) => it !== null).map((it) => typeof it))];
  const each = types.map((type) => {
    const ofThisType = operands.filter((it) => typeof it === type).map((it) => value(it));
    return onType(at, type, (it) => contains(set(ofThisType), it));
  });
  const yes = each.map((truth) => truth.yes);
  if (operands.includes(null)) yes.push(ofType(at, 'null').yes);
  return { yes: any(...yes), no: any(...each.map((truth) => truth.no)) };
}
