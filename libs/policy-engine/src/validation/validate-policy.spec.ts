import { describe, expect, it } from '@jest/globals';
import type { PolicyCatalogue } from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import { loadPolicy } from '../document/load-policy.js';
import { MEMBER, ulid } from '../testing/organisation-fixture.js';
import { validatePolicy } from './validate-policy.js';

const CATALOGUE: PolicyCatalogue = {
  roles: ['clerk', 'unused'],
  groups: { finance: { roles: ['clerk'] }, empty: { roles: [] } },
  members: [{ user: MEMBER, roles: [], groups: ['finance'] }],
  servers: {
    bank: {
      tools: {
        pay: {
          label: 'write',
          inputSchema: {
            type: 'object',
            additionalProperties: false,
            properties: {
              amount: { type: 'number' },
              to: { type: 'string' },
              currency: { enum: ['EUR', 'USD'] },
              items: { type: 'array', items: { $ref: '#/$defs/item' } },
              meta: { type: 'object' },
            },
            $defs: { item: { type: 'object', properties: { id: { type: 'integer' } } } },
          },
        },
        list: { label: 'read', inputSchema: { type: 'object', properties: { page: { type: 'integer' } } } },
        close: { label: null, inputSchema: { type: 'object' } },
      },
    },
    fresh: { tools: {} },
  },
};

/** `line severity code reason` of what is found in a file. */
function findings(text: string): string[] {
  const {
    document,
    sources,
    findings: broken,
  } = loadPolicy([{ name: 'p', text: `portcullis: policy/v1\n${text}` }]);
  expect(broken).toEqual([]);
  return validatePolicy(document!, CATALOGUE)
    .map((finding) => sources.locate(finding))
    .map(({ line, severity, code, reason }) => `${line} ${severity} ${code}: ${reason}`);
}

const rule = (change: Record<string, string> = {}): string => {
  const fields = {
    id: 'r',
    effect: 'allow',
    subjects: '{ roles: [clerk] }',
    servers: '[bank]',
    tools: '[pay]',
    ...change,
  };
  return `  -\n${Object.entries(fields)
    .map(([key, value]) => `    ${key}: ${value}\n`)
    .join('')}`;
};
const rules = (...list: Record<string, string>[]): string => `rules:\n${list.map(rule).join('')}`;
const when = (condition: string, more: Record<string, string> = {}): string =>
  rules({ when: condition, ...more });

describe('a document beside the organisation', () => {
  verifies('B7');

  it.each<[string, string]>([
    ['a rule', rules({})],
    ['a rule for all', rules({ subjects: '{ everyone: true }', servers: "['*']", tools: "['*']" })],
    ['a role of the document', `roles: { boss: x }\n${rules({ subjects: '{ roles: [boss, member] }' })}`],
    [
      'a condition on what is declared',
      when('{ arguments.amount: { $lte: 5 }, arguments.items: { $all: { id: { $gt: 1 } } } }'),
    ],
    ['what nobody declares', when('{ arguments.meta.whatever: { $lte: 5 } }')],
    ['presence of what nobody declares', when('{ arguments.force: { $exists: false } }')],
    [
      'the caller and the context',
      when('{ principal.roles: { $any: { $eq: clerk } }, principal.kind: user, context.transport: http }'),
    ],
    ['a label that the upstream may raise it to', rules({ tools: '[list]', labels: '[destructive]' })],
    [
      'a server that has shown nothing',
      `servers: { fresh: { tools: { x: read } } }\n${rules({ servers: '[fresh]', tools: '[x]' })}`,
    ],
    [
      'two that overlap',
      rules({ labels: '[write]' }, { id: 's', effect: 'deny', when: '{ arguments.amount: { $gt: 5 } }' }),
    ],
  ])('is well with %s', (_what, text) => {
    expect(findings(text)).toEqual([]);
  });

  it.each<[string, string, string]>([
    [
      'role',
      rules({ subjects: '{ roles: [clerk, clark] }' }),
      '6 error unknown-role: there is no role "clark"',
    ],
    [
      'group',
      rules({ subjects: '{ groups: [finanz] }' }),
      '6 error unknown-group: there is no group "finanz"',
    ],
    [
      'user',
      rules({ subjects: `{ users: [${ulid('BBB', 7)}] }` }),
      `6 error unknown-user: there is no member "${ulid('BBB', 7)}"`,
    ],
    ['server', rules({ servers: '[bank, blank]' }), '7 error unknown-server: there is no server "blank"'],
    ['tool', rules({ tools: '[pay, pey]' }), '8 error unknown-tool: bank has not a tool "pey"'],
    [
      'tool anywhere',
      rules({ servers: "['*']", tools: '[pey]' }),
      '8 error unknown-tool: no server has a tool "pey"',
    ],
    [
      'server with labels',
      'servers: { blank: { tools: {} } }',
      '2 error unknown-server: there is no server "blank"',
    ],
    [
      'tool with a label',
      'servers: { bank: { tools: { pey: read } } }',
      '2 warning unseen-tool: "bank" has not shown a tool "pey"',
    ],
    [
      'role of a group',
      'groups: { g: { roles: [clark] } }',
      '2 error unknown-role: there is no role "clark"',
    ],
    [
      'approver',
      rules({ effect: 'require_approval', approval: '{ groups: [bosses] }' }),
      '9 error unknown-group: there is no group "bosses"',
    ],
    [
      'role in a condition',
      when('{ principal.roles: { $any: { $in: [clerk, clark] } } }'),
      '9 error unknown-role: principal.roles is never "clark"',
    ],
    [
      'user in a condition',
      when('{ principal.user: someone }'),
      '9 error unknown-user: principal.user is never "someone"',
    ],
    [
      'path',
      when('{ principal.rolls: { $size: 1 } }'.replace('1', '{ $gt: 1 }')),
      '9 error unknown-path: there is no principal.rolls',
    ],
    [
      'built-in rule',
      rules({ id: 'default-deny' }),
      '4 error builtin-name: "default-deny" is the name of a built-in rule',
    ],
    ['built-in role', 'roles: { admin: x }', '2 error builtin-name: "admin" is a built-in role'],
  ])('names an unknown or reserved %s', (_what, text, expected) => {
    expect(findings(text)).toContain(expected);
  });

  it.each<[string, string, string]>([
    [
      'an argument that is not declared',
      when('{ arguments.ammount: { $lte: 5 } }'),
      '9 error unknown-argument: bank/pay has no arguments.ammount',
    ],
    [
      'one that another tool has',
      when('{ arguments.page: 1 }', { tools: '[list, pay]' }),
      '9 warning unknown-argument: bank/pay has no arguments.page',
    ],
    [
      'one within a list',
      when('{ arguments.items: { $any: { ident: 1 } } }'),
      '9 error unknown-argument: bank/pay has no arguments.items.ident',
    ],
    [
      'one within a text',
      when('{ arguments.to.name: x }'),
      '9 error unknown-argument: bank/pay has no arguments.to.name',
    ],
    [
      'a number of a text',
      when('{ arguments.to: { $lte: 5 } }'),
      '9 error wrong-type: arguments.to of bank/pay is string, $lte is told of number',
    ],
    [
      'a text of a number',
      when("{ arguments.amount: '5' }"),
      '9 error wrong-type: arguments.amount of bank/pay is number, $eq is told of string',
    ],
    [
      'a list of an object',
      when('{ arguments.meta: { $size: { $eq: 1 } } }'),
      '9 error wrong-type: arguments.meta of bank/pay is object, $size is told of array',
    ],
    [
      'a value that there is not',
      when('{ arguments.currency: GBP }'),
      '9 error impossible-value: arguments.currency of bank/pay is never "GBP"',
    ],
    [
      'some values that there are not',
      when('{ arguments.currency: { $in: [EUR, GBP] } }'),
      '9 warning impossible-value: arguments.currency of bank/pay is never "GBP"',
    ],
    [
      'a kind that there is not',
      when('{ principal.kind: robot }'),
      '9 error impossible-value: principal.kind is never "robot"',
    ],
  ])('holds a condition to the schema of the tool: %s', (_what, text, expected) => {
    expect(findings(text)).toContain(expected);
  });

  it.each<[string, string, string]>([
    [
      'no such label',
      rules({ labels: '[read]' }),
      '9 error never-fires: bank/pay is labelled write, never read',
    ],
    [
      'a condition against itself',
      when('{ arguments.amount: { $lt: 1, $gt: 5 } }'),
      '9 error never-fires: no value of arguments.amount is $lt 1 and $gt 5',
    ],
    [
      'a glob without tools',
      rules({ tools: "['x*']" }),
      '8 warning matches-nothing: no tool of bank matches',
    ],
    [
      'an unlabelled tool',
      rules({ tools: '[close]' }),
      '8 warning unlabelled-tool: bank/close has no label yet: it is denied before rules are asked',
    ],
    [
      'a role nobody holds',
      rules({ subjects: '{ roles: [unused], groups: [empty] }' }),
      '6 warning nobody: nobody is or holds any of these',
    ],
    [
      'a deny against itself',
      when('{ arguments.amount: { $lt: 1, $gt: 5 } }', { effect: 'deny' }),
      "9 warning only-in-doubt: no value of arguments.amount is $lt 1 and $gt 5: it applies only where that can't be told",
    ],
    [
      'a broader deny',
      rules({}, { id: 's', effect: 'deny', tools: "['p*']", subjects: '{ everyone: true }' }),
      '4 error shadowed: rule "s" denies all of it, and a deny wins',
    ],
    [
      'a guard',
      `guards:\n  - { id: g, effect: deny, labels: [write] }\n${rules({ labels: '[write]' })}`,
      '6 error shadowed: guard "g" denies all of it, and a deny wins',
    ],
    [
      'the same denied',
      rules(
        { when: '{ arguments.amount: 1 }' },
        { id: 's', effect: 'deny', when: '{ arguments.amount: 1 }' },
      ),
      '4 error contradiction: rule "s" denies exactly the same calls, and a deny wins',
    ],
    [
      'a broader allow',
      rules({ when: '{ arguments.amount: 1 }' }, { id: 's', tools: "['*']" }),
      '4 warning redundant: rule "s" allows all of it already',
    ],
    ['the same twice', rules({}, { id: 's' }), '10 warning redundant: rule "r" allows all of it already'],
  ])('finds a rule that is of no use: %s', (_what, text, expected) => {
    expect(findings(text)).toContain(expected);
  });

  it('says when it has not looked at all of it', () => {
    const text = `portcullis: policy/v1\n${rules({ tools: '[pey]' }, { id: 's', subjects: '{ roles: [clark] }' })}`;
    const { document } = loadPolicy([{ name: 'p', text }]);
    expect(validatePolicy(document!, CATALOGUE, 2).map(({ code }) => code)).toEqual([
      'unknown-tool',
      'analysis-incomplete',
    ]);
  });
});

describe('the schema of a tool', () => {
  const argument = (inputSchema: unknown, condition: string): string[] => {
    const { document } = loadPolicy([{ name: 'p', text: `portcullis: policy/v1\n${when(condition)}` }]);
    const bank = { tools: { pay: { label: 'write' as const, inputSchema: inputSchema as null } } };
    return validatePolicy(document!, { ...CATALOGUE, servers: { bank } }).map(
      ({ severity, code }) => `${severity} ${code}`,
    );
  };
  const closed = (properties: object): object => ({
    type: 'object',
    properties,
    additionalProperties: false,
  });
  const number = { type: 'number' };

  it.each<[string, unknown, string, string[]]>([
    ['nothing', true, '{ arguments.a: 1 }', []],
    ['an object', { type: 'object' }, '{ arguments.a: 1 }', []],
    [
      'more than its properties',
      { properties: { b: number }, additionalProperties: true },
      '{ arguments.a: 1 }',
      [],
    ],
    [
      'a schema for all others',
      { properties: { b: {} }, additionalProperties: number },
      '{ arguments.a: x }',
      ['error wrong-type'],
    ],
    ['patterns', { properties: { b: number }, patternProperties: { '^a': {} } }, '{ arguments.a: 1 }', []],
    ['a property never', { properties: { a: false } }, '{ arguments.a: 1 }', ['error unknown-argument']],
    ['one of two', { anyOf: [closed({ a: number }), closed({ b: number })] }, '{ arguments.a: 1 }', []],
    [
      'none of two',
      { anyOf: [closed({ c: number }), closed({ b: number })] },
      '{ arguments.a: 1 }',
      ['error unknown-argument'],
    ],
    [
      'a type of two',
      { properties: { a: { type: ['string', 'null'] } } },
      '{ arguments.a: { $lt: 1 } }',
      ['error wrong-type'],
    ],
    [
      'a type of one of two',
      { properties: { a: { anyOf: [number, { type: 'string' }] } } },
      '{ arguments.a: { $lt: 1 } }',
      [],
    ],
    [
      'all of two',
      { allOf: [{ properties: { a: number } }, { properties: { b: number } }] },
      '{ arguments.a: x }',
      ['error wrong-type'],
    ],
    [
      'all of two, one of them closed',
      { allOf: [{ properties: { a: number } }, closed({ b: number })] },
      '{ arguments.a: 1 }',
      ['error unknown-argument'],
    ],
    [
      'a reference',
      { properties: { a: { $ref: '#/$defs/x~1y' } }, $defs: { 'x/y': number } },
      '{ arguments.a: x }',
      ['error wrong-type'],
    ],
    [
      'a reference elsewhere',
      { $ref: 'https://x.example/y', properties: { b: number } },
      '{ arguments.a: x }',
      [],
    ],
    ['a reference to nothing', { $ref: '#/$defs/x' }, '{ arguments.a: x }', []],
    ['itself', { $ref: '#' }, '{ arguments.a: x }', []],
    ['a const', { properties: { a: { const: 5 } } }, '{ arguments.a: 6 }', ['error impossible-value']],
    [
      'another value',
      { properties: { a: { enum: ['x'] } } },
      '{ arguments.a: { $ne: z } }',
      ['warning impossible-value'],
    ],
    ['a condition of its own', { properties: { b: number }, if: {}, then: {} }, '{ arguments.a: 1 }', []],
    ['a name of JavaScript', closed({}), '{ arguments.constructor: 1 }', ['error unknown-argument']],
    ['what is no schema', 'x', '{ arguments.a: 1 }', []],
  ])('says what it says and no more: %s', (_what, schema, condition, expected) => {
    expect(argument(schema, condition)).toEqual(expected);
  });

  it('is no way to keep policy busy', () => {
    const bomb: Record<string, unknown> = { properties: { b: number } };
    bomb['allOf'] = Array.from({ length: 50 }, () => ({ $ref: '#' }));
    bomb['anyOf'] = Array.from({ length: 50 }, () => ({ $ref: '#', allOf: [{ $ref: '#' }] }));
    // Without a bound this does not end.
    const found = argument(bomb, '{ arguments.a.b.c.d: 1, arguments.b: { $lte: 1 } }');
    expect(found).toEqual([]);
  });
});
