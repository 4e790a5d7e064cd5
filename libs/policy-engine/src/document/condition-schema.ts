import { LIMITS } from '../conditions/limits.js';

type Json = Record<string, unknown>;

const ref = (name: string): Json => ({ $ref: `#/definitions/${name}` });

/** Segments of a path with dots, and of a JSON Pointer. */
const MORE = LIMITS.pathSegments - 1;
const DOTTED = `(\\.[^.]+){0,${MORE}}$`;
const POINTED = `(/([^~/]|~[01])+){0,${MORE}}$`;
const ROOTS = '(arguments|principal|context)';

const list = (items: Json): Json => ({ type: 'array', items, minItems: 1, maxItems: LIMITS.list });
const pattern: Json = { type: 'string', minLength: 1, maxLength: LIMITS.patternLength };
const number: Json = { type: 'number' };

/** Operand and meaning of every operator. The spec holds it to the operators there are. */
export const OPERATOR_SCHEMAS: Readonly<Record<string, Json>> = {
  $eq: { ...ref('scalar'), description: 'Equal, and of the same type.' },
  $ne: { ...ref('scalar'), description: 'Of the same type, and different.' },
  $lt: { ...number, description: 'A number below.' },
  $lte: { ...number, description: 'A number not above.' },
  $gt: { ...number, description: 'A number above.' },
  $gte: { ...number, description: 'A number not below.' },
  $in: { ...list(ref('scalar')), description: 'One of these.' },
  $nin: { ...list(ref('scalar')), description: 'None of these, and of the type of one.' },
  $glob: { ...pattern, description: 'The whole text: * is any run of characters, ? exactly one.' },
  $matches: { ...pattern, description: 'The whole text, RE2 syntax.' },
  $type: {
    enum: ['string', 'number', 'boolean', 'null', 'array', 'object'],
    description: 'The JSON type of the value.',
  },
  $only: { ...list({ type: 'string' }), description: 'An object without any other key.' },
  $before: { ...ref('instant'), description: 'An earlier RFC 3339 time.' },
  $after: { ...ref('instant'), description: 'A later RFC 3339 time.' },
  $during: {
    type: 'object',
    properties: {
      days: {
        type: 'array',
        items: { enum: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] },
        minItems: 1,
      },
      from: ref('clock'),
      to: ref('clock'),
      zone: { type: 'string', description: 'IANA name such as Europe/Berlin. Missing: UTC.' },
    },
    not: { propertyNames: { const: 'zone' } },
    additionalProperties: false,
    description: 'An RFC 3339 time in these hours of these days. Quote the hours.',
  },
  $cidr: {
    ...list({ type: 'string', pattern: '^[0-9A-Fa-f.:]{2,45}/(0|[1-9][0-9]{0,2})$' }),
    description: 'An IP address in one of these networks, such as 10.0.0.0/8.',
  },
  $exists: { type: 'boolean', description: 'The key is there (also null), or not.' },
  $all: { ...ref('test'), description: 'Of each element of a list that is not empty.' },
  $any: { ...ref('test'), description: 'Of some element of a list.' },
  $size: { ...ref('test'), description: 'Of the number of elements of a list.' },
  $length: { ...ref('test'), description: 'Of the number of UTF-16 units of a text.' },
};

const logical = (of: Json): Json => ({
  $and: { type: 'array', items: of, minItems: 1, description: 'All of these.' },
  $or: { type: 'array', items: of, minItems: 1, description: 'Some of these.' },
  $not: { ...of, description: 'Not this; what is indeterminate stays so.' },
});

/** What a key that is a path may stand for. */
const atPath: Json = { anyOf: [ref('scalar'), ref('test')] };

/** JSON Schema (draft 7) of the condition language, as definitions that refer to each other. */
export const conditionDefinitions = (): Json => ({
  scalar: { type: ['string', 'number', 'boolean', 'null'], maxLength: LIMITS.operandLength },
  instant: {
    type: 'string',
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:\\d{2})$',
  },
  clock: { type: 'string', pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' },
  condition: {
    type: 'object',
    description: 'All entries must hold. Paths begin with arguments, principal or context.',
    minProperties: 1,
    properties: logical(ref('condition')),
    patternProperties: { [`^${ROOTS}${DOTTED}`]: atPath, [`^/${ROOTS}${POINTED}`]: atPath },
    additionalProperties: false,
  },
  test: {
    type: 'object',
    minProperties: 1,
    properties: { ...OPERATOR_SCHEMAS, ...logical(ref('test')) },
    patternProperties: { [`^[^$/.][^.]*${DOTTED}`]: atPath, [`^/([^~/]|~[01])+${POINTED}`]: atPath },
    additionalProperties: false,
  },
});
