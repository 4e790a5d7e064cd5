import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { verifies } from '../../../../tools/verifies.js';
import { loadPolicy } from './load-policy.js';

const one = (text: string) => loadPolicy([{ name: 'policy.yaml', text }]);

/** `line:column code reason` of every finding. */
const problems = (text: string): string[] =>
  one(text).findings.map(({ line, column, code, reason }) => `${line}:${column} ${code} ${reason}`);

const HEAD = 'portcullis: policy/v1\n';
const RULE = (more: string): string =>
  `${HEAD}rules:\n  - { id: r, effect: allow, subjects: { everyone: true }, servers: ['*'], tools: ['*'], ${more} }\n`;

describe('a file of policy', () => {
  verifies('B7');

  it('becomes the document that is applied', () => {
    const { document, findings } = one(`
portcullis: policy/v1
roles: { clerk: May pay small amounts. }
groups:
  finance: { description: The finance department., roles: [clerk] }
  others: { roles: [] }
servers:
  bank: { pinning: first_sight, tools: { pay: write, list_accounts: read } }
guards:
  - { id: no-deletes, effect: deny, labels: [destructive], description: Nobody deletes. }
rules:
  - id: small-payments
    effect: allow
    subjects: { roles: [clerk] }
    servers: [bank]
    tools: ['pay*']
    when: { arguments.amount: { $lte: 100 }, arguments.to: 'a@b.example' }
`);
    expect(findings).toEqual([]);
    expect(document).toEqual({
      roles: { clerk: 'May pay small amounts.' },
      groups: {
        finance: { description: 'The finance department.', roles: ['clerk'] },
        others: { description: '', roles: [] },
      },
      servers: { bank: { pinning: 'first_sight', tools: { pay: 'write', list_accounts: 'read' } } },
      guards: [
        {
          id: 'no-deletes',
          effect: 'deny',
          labels: ['destructive'],
          description: 'Nobody deletes.',
          servers: ['*'],
          tools: ['*'],
        },
      ],
      rules: [
        {
          id: 'small-payments',
          effect: 'allow',
          subjects: { roles: ['clerk'] },
          servers: ['bank'],
          tools: ['pay*'],
          when: { 'arguments.amount': { $lte: 100 }, 'arguments.to': 'a@b.example' },
        },
      ],
    });
  });

  it.each<[string, string, string]>([
    [
      'a key twice',
      `${HEAD}roles:\n  a: x\n  a: y\n`,
      '4:3 duplicate-key "a" is written twice, first in line 3',
    ],
    ['an alias', `${HEAD}roles:\n  a: &x text\n  b: *x\n`, '3:9 yaml-syntax anchors are not taken'],
    [
      'a tag',
      `${HEAD}roles:\n  a: !!str 5\n`,
      '3:12 yaml-syntax tags are not taken: a value is what it looks like',
    ],
    [
      'a tag of its own',
      `${HEAD}roles: !x { a: b }\n`,
      '2:11 yaml-syntax tags are not taken: a value is what it looks like',
    ],
    ['a directive', `%YAML 1.1\n---\n${HEAD}`, '1:1 yaml-syntax directives are not taken'],
    [
      'a merge key',
      `${HEAD}roles:\n  <<: { a: b }\n`,
      '3:3 yaml-syntax merge keys are not taken: write it out',
    ],
    ['a prototype', `${HEAD}roles: { __proto__: { a: b } }\n`, '2:10 yaml-syntax "__proto__" is no key'],
    [
      'two documents',
      `${HEAD}---\n${HEAD}`,
      '2:1 yaml-syntax a file holds one document: split it at the ---',
    ],
    ['a key that is a list', `${HEAD}roles: { [a]: b }\n`, '2:10 yaml-syntax a key must be text'],
    [
      'bad indentation',
      `${HEAD}roles:\n  a: b\n c: d\n`,
      '4:1 yaml-syntax All mapping items must start at the same column',
    ],
    [
      'a boolean of YAML 1.1',
      RULE('labels: [no]'),
      '3:98 yaml-scalar some readers of YAML take no for something else: quote it, or write it as in JSON',
    ],
    [
      'a date',
      RULE('description: 2026-01-02'),
      '3:102 yaml-scalar some readers of YAML take 2026-01-02 for something else: quote it, or write it as in JSON',
    ],
    [
      'a number out of bounds',
      RULE('when: { arguments.a: 9007199254740993 }'),
      '3:110 yaml-scalar 9007199254740993 is beyond what a number can hold exactly',
    ],
    [
      'half a surrogate pair',
      RULE('description: "\\uD800"'),
      '3:102 yaml-scalar the text holds half a surrogate pair',
    ],
    ['no value', `${HEAD}rules:\n`, '2:7 yaml-scalar there is no value; leave the key out, or write null'],
    ['an unknown field', RULE('if: { arguments.a: 1 }'), '3:89 unknown-field there is no field "if"'],
    ['an unknown section', `${HEAD}rolls: {}\n`, '2:1 unknown-field there is no field "rolls"'],
    ['an unknown format', 'portcullis: policy/v2\n', '1:1 invalid-value expected "policy/v1"'],
    ['no format', 'roles: {}\n', '1:1 invalid-value expected "policy/v1"'],
    [
      'a bad name',
      `${HEAD}roles: { Clerk: x }\n`,
      '2:10 invalid-value "Clerk": must match [a-z0-9][a-z0-9_-]{0,62}',
    ],
    [
      'a missing field',
      `${HEAD}rules:\n  - { id: r, effect: deny }\n`,
      '3:5 invalid-value expected object, received undefined',
    ],
    [
      'a rule for nobody',
      RULE('').replace('everyone: true', ''),
      '3:29 invalid-value the rule is for nobody: name roles, groups, users or everyone',
    ],
    [
      'a guard that allows',
      `${HEAD}guards:\n  - { id: g, effect: allow }\n`,
      '3:14 invalid-value invalid option: expected one of "deny"|"require_approval"',
    ],
    [
      'an unknown operator',
      RULE('when: { arguments.a: { $lte: 1, $near: 2 } }'),
      '3:121 invalid-condition unknown operator "$near"',
    ],
    [
      'a wrong operand',
      RULE('when: { $or: [{ arguments.a: 1 }, { arguments.b: { $in: [] } }] }'),
      '3:140 invalid-condition the operand must be a list of 1 to 1000 values',
    ],
    [
      'a path from nowhere',
      RULE('when: { amount: 1 }'),
      '3:97 invalid-condition a path begins with arguments, principal, context',
    ],
    [
      'a pattern that is none',
      RULE("when: { arguments.a: { $matches: '(a)\\1' } }"),
      '3:112 invalid-condition the pattern is not valid RE2 syntax',
    ],
    ['nothing', '', '1:1 file-unreadable there is no document in the file'],
    ['comments only', '# none\n', '1:1 file-unreadable there is no document in the file'],
  ])('is refused with its place when it has %s', (_what, text, expected) => {
    expect(problems(text)).toContain(expected);
    expect(one(text).document).toBeNull();
  });

  it('names the rule that a finding is about', () => {
    expect(one(RULE('when: { arguments.a: { $near: 2 } }')).findings[0]).toMatchObject({
      rule: 'r',
      at: '/rules/0/when/arguments.a/$near',
      file: 'policy.yaml',
    });
  });

  it('is refused within a moment when it is made to be dear', () => {
    const deep = 20_000;
    const dear: [string, string][] = [
      ['too large', 'a'.repeat(1024 * 1024 + 1)],
      ['lists in lists', '['.repeat(deep)],
      ['mappings in mappings', '{a: '.repeat(deep)],
      ['lists by dashes', '- '.repeat(deep)],
      ['lists by indentation', Array.from({ length: 700 }, (_, n) => `${' '.repeat(n)}-`).join('\n')],
      ['very many keys', Array.from({ length: 60_000 }, (_, n) => `k${n}: x`).join('\n')],
      ['a number that is none', `portcullis: ${'1'.repeat(1_000_000)}x`],
      ['a long word', `a: ${'!'.repeat(1_000_000)}`],
      ['laughs', `a: &a [x,x]\n${Array.from({ length: 30 }, (_, n) => `b${n}: &b${n} [*a,*a]`).join('\n')}`],
    ];
    for (const [, text] of dear) {
      const { document, findings } = one(text);
      expect(document).toBeNull();
      expect(findings.length).toBeGreaterThan(0);
      expect(findings.length).toBeLessThanOrEqual(100);
      expect(Math.max(...findings.map(({ reason }) => reason.length))).toBeLessThanOrEqual(300);
    }
  });

  it('is not looked into where it is nested too deeply', () => {
    for (const depth of [49, 20_000]) {
      const text = `a: ${'['.repeat(depth)}${']'.repeat(depth)}\n`;
      expect(problems(text)).toEqual(['1:1 yaml-syntax nested more than 48 deep']);
    }
  });

  it('never breaks on any text', () => {
    const word = fc.constantFrom(
      ...'{}[]:,-?&*!|>\'"%@`#\n \t~'.split(''),
      'rules',
      '<<',
      'a',
      '1',
      '$in',
      HEAD,
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join('')),
        ),
        (text) => {
          const { document, findings } = one(text);
          expect(document === null).toBe(findings.length > 0);
          for (const { line, column } of findings) expect(Math.min(line, column)).toBeGreaterThanOrEqual(1);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('means the same however it is written', () => {
    const scalar = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constantFrom('no', '1_0', '2026-01-01', 'null'),
    );
    const condition = fc.dictionary(
      fc
        .string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'ab-1 ~:') })
        .map((key) => `arguments.${key}`),
      scalar,
      { minKeys: 1, maxKeys: 4 },
    );
    const styles = fc.record({
      defaultStringType: fc.constantFrom('QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const),
      collectionStyle: fc.constantFrom('flow' as const, 'block' as const),
      indent: fc.integer({ min: 1, max: 8 }),
      lineWidth: fc.constantFrom(0, 20),
    });
    fc.assert(
      fc.property(condition, styles, (when, style) => {
        const rule = {
          id: 'r',
          effect: 'deny',
          subjects: { everyone: true },
          servers: ['*'],
          tools: ['*'],
          when,
        };
        const text = stringify({ portcullis: 'policy/v1', rules: [rule] }, { ...style, version: '1.1' });
        expect(one(text).findings).toEqual([]);
        expect(one(text).document?.rules).toEqual([rule]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('files of one policy', () => {
  verifies('B7');
  const file = (name: string, text: string) => ({ name, text: HEAD + text });

  it('are merged, each part with its place', () => {
    const { document, sources, findings } = loadPolicy([
      file('a.yaml', "servers: { bank: { pinning: 'off', tools: { pay: write } } }\nrules: []\n"),
      file(
        'b.yaml',
        `servers: { bank: { tools: { list: read } } }\n${RULE('when: { arguments.a: 1 }').slice(HEAD.length)}`,
      ),
    ]);
    expect(findings).toEqual([]);
    expect(document?.servers).toEqual({ bank: { pinning: 'off', tools: { pay: 'write', list: 'read' } } });
    expect(sources.placeOf('/servers/bank/tools/list')).toEqual({ file: 'b.yaml', line: 2, column: 29 });
    expect(sources.placeOf('/servers/bank/pinning')).toMatchObject({ file: 'a.yaml', line: 2 });
    expect(sources.placeOf('/rules/0/when/arguments.a')).toMatchObject({
      file: 'b.yaml',
      line: 4,
      column: 97,
    });
    expect(sources.placeOf('/rules/0/when/arguments.a/$lte')).toMatchObject({ file: 'b.yaml', line: 4 });
  });

  it.each([
    [
      'a rule and a guard',
      RULE('labels: [read]').slice(HEAD.length),
      'guards:\n  - { id: r, effect: deny }\n',
      'rule "r" is defined in a.yaml:3 already',
    ],
    ['a role', 'roles: { x: a }\n', 'roles: { x: a }\n', 'role "x" is defined in a.yaml:2 already'],
    [
      'a group',
      'groups: { x: { roles: [] } }\n',
      'groups: { x: { roles: [] } }\n',
      'group "x" is defined in a.yaml:2 already',
    ],
    [
      'a tool',
      'servers: { s: { tools: { t: read } } }\n',
      'servers: { s: { tools: { t: read } } }\n',
      'tool "s/t" is defined in a.yaml:2 already',
    ],
    [
      'the pinning',
      "servers: { s: { pinning: 'off' } }\n",
      "servers: { s: { pinning: 'off' } }\n",
      'pinning of server "s" is defined in a.yaml:2 already',
    ],
  ])('are refused when two of them define %s', (_what, a, b, reason) => {
    const { document, findings } = loadPolicy([file('a.yaml', a), file('b.yaml', b)]);
    expect(document).toBeNull();
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ code: 'defined-twice', severity: 'error', file: 'b.yaml', reason });
  });

  it('are refused when one file has an id twice', () => {
    const { findings } = one(`${HEAD}guards:\n  - { id: g, effect: deny }\n  - { id: g, effect: deny }\n`);
    expect(findings).toMatchObject([
      { line: 4, rule: 'g', reason: 'rule "g" is defined in policy.yaml:3 already' },
    ]);
  });

  it('take no name for something of JavaScript', () => {
    const { document } = one(
      `${HEAD}servers: { constructor: { tools: { constructor: read, toString: write } } }\n`,
    );
    expect(document?.servers).toEqual({ constructor: { tools: { constructor: 'read', toString: 'write' } } });
  });
});
