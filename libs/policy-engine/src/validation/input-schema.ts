import { jsonType } from '../conditions/path.js';

/**
 * What a JSON Schema says of a place: nothing may be there; nothing was declared there, though more is not forbidden;
 * nobody knows; or a schema.
 */
export type Said = 'impossible' | 'undeclared' | 'unknown' | { schema: unknown };

/** Besides: nothing, where more may be said beside it. */
type Heard = Said | 'silent';

type Json = Record<string, unknown>;

/** Schemas looked at for one question: a server writes its own schema, and it may be made to be dear. */
const MAX_STEPS = 256;
/** Keywords with which a schema can declare more than its `properties` show. */
const MORE = [
  'if',
  'then',
  'else',
  'dependentSchemas',
  'dependencies',
  'patternProperties',
  'unevaluatedProperties',
  '$dynamicRef',
];

/**
 * One tool's input schema (JSON Schema, any draft: what it does not understand it says nothing about). References are
 * followed within the schema only.
 */
export class InputSchema {
  constructor(private readonly root: unknown) {}

  /** Of the value that is called so within an object. */
  property(schema: unknown, name: string): Said {
    return heard(
      this.#walk(schema, { left: MAX_STEPS, look: (own) => propertyOf(own, name), join: besides }),
    );
  }

  /** Of every element of a list. */
  items(schema: unknown): Said {
    return heard(this.#walk(schema, { left: MAX_STEPS, look: itemsOf, join: besides }));
  }

  /** JSON types that a value may have; undefined where the schema does not say. */
  types(schema: unknown): ReadonlySet<string> | undefined {
    return setOf(this.#walk(schema, { left: MAX_STEPS, look: typesIn, join: intersect }));
  }

  /** All values that there may be; undefined where the schema does not list them. */
  values(schema: unknown): ReadonlySet<unknown> | undefined {
    return setOf(this.#walk(schema, { left: MAX_STEPS, look: valuesIn, join: intersect }));
  }

  /** `code` that our own schemas give to a list of names. */
  codeOf(schema: unknown): string | undefined {
    const code = isObject(schema) ? schema['code'] : undefined;
    return typeof code === 'string' ? code : undefined;
  }

  #walk(schema: unknown, question: Question): Heard {
    if (schema === false) return 'impossible';
    if (!isObject(schema) || --question.left < 0) return 'unknown';
    const every: Heard[] = [question.look(schema)];
    if (typeof schema['$ref'] === 'string') every.push(this.#walk(this.#resolve(schema['$ref']), question));
    if (Array.isArray(schema['allOf']))
      every.push(...schema['allOf'].map((part) => this.#walk(part, question)));
    for (const branches of [schema['anyOf'], schema['oneOf']]) {
      if (!Array.isArray(branches) || branches.length === 0) continue;
      every.push(
        oneOf(
          branches.map((branch) => this.#walk(branch, question)),
          question.join,
        ),
      );
    }
    return allOf(every, question.join);
  }

  /** `#`, `#/a/b`; anything else is somewhere else. */
  #resolve(ref: string): unknown {
    if (ref === '#') return this.root;
    if (!ref.startsWith('#/')) return undefined;
    let here: unknown = this.root;
    for (const step of ref.slice(2).split('/')) {
      const key = decode(step).replaceAll('~1', '/').replaceAll('~0', '~');
      if (here === null || typeof here !== 'object' || !Object.hasOwn(here, key)) return undefined;
      here = (here as Json)[key];
    }
    return here;
  }
}

const isObject = (value: unknown): value is Json => jsonType(value) === 'object';

function decode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

const heard = (said: Heard): Said => (said === 'silent' ? 'unknown' : said);

function setOf<T>(said: Heard): ReadonlySet<T> | undefined {
  if (said === 'impossible') return new Set();
  return typeof said === 'object' ? (said.schema as ReadonlySet<T>) : undefined;
}

/** How to put together what was said in several places: of all of them, of one of them. */
interface Join {
  all(known: unknown[]): unknown;
  one(known: unknown[]): unknown;
}

interface Question {
  left: number;
  look(own: Json): Heard;
  join: Join;
}

const besides: Join = { all: (known) => ({ allOf: known }), one: (known) => ({ anyOf: known }) };

const intersect: Join = {
  all: (known) => (known as Set<unknown>[]).reduce((a, b) => new Set([...a].filter((item) => b.has(item)))),
  one: (known) => new Set((known as Set<unknown>[]).flatMap((set) => [...set])),
};

const schemasOf = (said: readonly Heard[]): unknown[] =>
  said.flatMap((each) => (typeof each === 'object' ? [each.schema] : []));

function allOf(every: readonly Heard[], join: Join): Heard {
  if (every.includes('impossible')) return 'impossible';
  const known = schemasOf(every);
  if (known.length > 0) return { schema: known.length === 1 ? known[0] : join.all(known) };
  return every.includes('unknown') ? 'unknown' : every.includes('undeclared') ? 'undeclared' : 'silent';
}

function oneOf(some: readonly Heard[], join: Join): Heard {
  const possible = some.filter((said) => said !== 'impossible');
  if (possible.length === 0) return 'impossible';
  if (possible.includes('unknown') || possible.includes('silent')) return 'unknown';
  const known = schemasOf(possible);
  if (known.length === 0) return 'undeclared';
  return known.length === possible.length ? { schema: join.one(known) } : 'unknown';
}

function propertyOf(own: Json, name: string): Heard {
  if (!mayBe(own, 'object')) return 'impossible';
  const { properties } = own;
  if (isObject(properties) && Object.hasOwn(properties, name)) {
    return properties[name] === false ? 'impossible' : { schema: properties[name] };
  }
  if (MORE.some((keyword) => Object.hasOwn(own, keyword))) return 'unknown';
  const declares = isObject(properties) && Object.keys(properties).length > 0;
  return otherProperty(own['additionalProperties'], declares);
}

function otherProperty(additional: unknown, declares: boolean): Heard {
  if (additional === false) return 'impossible';
  if (additional === true) return 'unknown';
  if (isObject(additional)) return { schema: additional };
  return declares ? 'undeclared' : 'silent';
}

function mayBe(own: Json, type: string): boolean {
  const types = typesIn(own);
  return typeof types !== 'object' || (types.schema as Set<string>).has(type);
}

function itemsOf(own: Json): Heard {
  if (!mayBe(own, 'array')) return 'impossible';
  if (Object.hasOwn(own, 'prefixItems') || Object.hasOwn(own, 'unevaluatedItems')) return 'unknown';
  return isObject(own['items']) ? { schema: own['items'] } : 'silent';
}

function typesIn(own: Json): Heard {
  const values = valuesIn(own);
  if (typeof values === 'object')
    return { schema: new Set([...(values.schema as Set<unknown>)].map(jsonType)) };
  const type = own['type'];
  const types = Array.isArray(type) ? type : typeof type === 'string' ? [type] : undefined;
  return types === undefined
    ? 'silent'
    : { schema: new Set(types.map((name) => (name === 'integer' ? 'number' : name))) };
}

function valuesIn(own: Json): Heard {
  if (Object.hasOwn(own, 'const')) return { schema: new Set([own['const']]) };
  return Array.isArray(own['enum']) ? { schema: new Set(own['enum']) } : 'silent';
}
