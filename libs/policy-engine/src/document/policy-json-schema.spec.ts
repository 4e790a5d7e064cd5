import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { verifies } from '../../../../tools/verifies.js';
import { OPERATORS } from '../conditions/operators.js';
import { OPERATOR_SCHEMAS } from './condition-schema.js';
import { parsePolicyFile } from './parse-policy-file.js';
import { policyJsonSchema } from './policy-json-schema.js';

const PUBLISHED = join(import.meta.dirname, '../../../../docs/reference/policy.schema.json');
const published = JSON.parse(readFileSync(PUBLISHED, 'utf8')) as Record<string, unknown>;

describe('the JSON Schema for editors', () => {
  verifies('B7');

  it('is published as it is: portcullis policy schema > docs/reference/policy.schema.json', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(policyJsonSchema())));
  });

  it('knows every operator, and no other', () => {
    const nested = ['$exists', '$all', '$any', '$size', '$length'];
    expect(Object.keys(OPERATOR_SCHEMAS).sort()).toEqual([...OPERATORS.keys(), ...nested].sort());
  });

  const isValid = new Ajv({ strict: true, allowUnionTypes: true }).compile(published);
  const HEAD = 'portcullis: policy/v1\n';
  const rule = (more: string): string =>
    `${HEAD}rules: [{ id: r, effect: allow, subjects: { everyone: true }, servers: [bank, '*'], tools: ['pay*'], ${more} }]`;
  const when = (condition: string): string => rule(`when: ${condition}`);
  const examples: [string, boolean][] = [
    [HEAD, true],
    ['roles: {}', false],
    ['portcullis: policy/v2', false],
    [`${HEAD}rolls: {}`, false],
    [`${HEAD}roles: { clerk: x }`, true],
    [`${HEAD}roles: { Clerk: x }`, false],
    [`${HEAD}groups: { g: { roles: [a] } }`, true],
    [`${HEAD}groups: { g: { members: [a] } }`, false],
    [`${HEAD}servers: { s: { tools: { t: read } } }`, true],
    [`${HEAD}servers: { s: { tools: { t: reed } } }`, false],
    [`${HEAD}servers: { s: { pinning: approve_first } }`, true],
    [`${HEAD}guards: [{ id: g, effect: deny }]`, true],
    [`${HEAD}guards: [{ id: g, effect: allow }]`, false],
    [`${HEAD}guards: [{ id: g, effect: deny, subjects: { everyone: true } }]`, false],
    [rule('labels: [read]'), true],
    [rule('labels: []'), false],
    [rule('approval: { roles: [a], expiresInSeconds: 60 }'), true],
    [rule('approval: { expiresInSeconds: 59 }'), false],
    [rule('').replace('everyone: true', ''), false],
    [rule('').replace('everyone: true', 'everyone: false'), false],
    [when('{}'), false],
    [when('{ arguments.a: 1 }'), true],
    [when('{ arguments.a: null, /arguments/a.b~1: x }'), true],
    [when('{ arguments..a: 1 }'), false],
    [when('{ /arguments/a~2: 1 }'), false],
    [when('{ argument.a: 1 }'), false],
    [when('{ $lte: 1 }'), false],
    [when('{ arguments.a: { $lte: 1, $gt: -1 } }'), true],
    [when("{ arguments.a: { $lte: '1' } }"), false],
    [when('{ arguments.a: { $near: 1 } }'), false],
    [when('{ arguments.a: { $in: [1, x, null] } }'), true],
    [when('{ arguments.a: { $in: [] } }'), false],
    [when('{ arguments.a: { $in: [[1]] } }'), false],
    [when('{ arguments.a: [1] }'), false],
    [when('{ arguments.a: { b: { $exists: true }, c.d: 2 } }'), true],
    [when("{ arguments.a: { $exists: 'true' } }"), false],
    [when('{ arguments.a: { $any: { $all: { id: { $type: string } } } } }'), true],
    [when('{ arguments.a: { $any: 5 } }'), false],
    [when('{ arguments.a: { $type: text } }'), false],
    [when('{ $and: [{ $not: { principal.kind: agent } }, { $or: [{ context.protocol: x }] }] }'), true],
    [when('{ $or: [] }'), false],
    [when('{ arguments.a: { $not: { $only: [b] } } }'), true],
    [when('{ arguments.a: { $only: [1] } }'), false],
    [
      when("{ context.time: { $during: { days: [mon], from: '08:00', to: '18:00', zone: Europe/Berlin } } }"),
      true,
    ],
    [when('{ context.time: { $during: {} } }'), false],
    [when("{ context.time: { $during: { from: '24:00' } } }"), false],
    [when('{ context.time: { $during: { days: [monday] } } }'), false],
    [when("{ context.time: { $after: '2026-01-02T03:04:05Z' } }"), true],
    [when("{ context.time: { $before: '2026-01-02' } }"), false],
    [when('{ context.ip: { $cidr: [10.0.0.0/8] } }'), true],
    [when('{ context.ip: { $cidr: [10.0.0.1] } }'), false],
    [when("{ arguments.a: { $glob: '' } }"), false],
    [when("{ arguments.a: { $matches: 'a+', $length: { $lt: 5 }, $size: { $eq: 1 } } }"), true],
  ];

  it.each(examples)('says of %j the same as the loader: %j', (text, expected) => {
    expect(isValid(parse(text))).toBe(expected);
    expect(parsePolicyFile({ name: 'x', text }).findings.length === 0).toBe(expected);
  });
});
