import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { verifies } from '../../../../../tools/verifies.js';
import { testPolicy, type TestArguments } from './test-command.js';

const POLICY = `portcullis: policy/v1
roles: { clerk: May pay small amounts. }
groups: { finance: { description: The finance department., roles: [clerk] } }
servers: { bank: { pinning: approve_first, tools: { pay: write, list_accounts: read } } }
guards:
  - id: office-hours
    effect: deny
    labels: [write, destructive]
    when: { $not: { context.time: { $during: { from: '08:00', to: '18:00' } } } }
rules:
  - id: small-payments
    effect: allow
    subjects: { roles: [clerk] }
    servers: [bank]
    tools: ['pay*']
    when: { arguments.amount: { $lte: 100 } }
  - { id: all-read, effect: allow, subjects: { everyone: true }, servers: [bank], tools: ['*'], labels: [read] }
`;
const TESTS = `portcullis: policy-tests/v1
principals:
  clerk: { groups: [finance] }
  guest: {}
  reader: { roles: [clerk], scopes: [mcp] }
calls:
  small: { server: bank, tool: pay, arguments: { amount: 50 } }
  big: { server: bank, tool: pay, arguments: { amount: 500 } }
  late: { server: bank, tool: pay, arguments: { amount: 5 }, time: '2026-01-01T23:00:00+01:00' }
tests:
  - name: payments
    matrix:
      small: { clerk: allow, guest: deny, reader: { rule: read-only-session, label: write } }
      big: { clerk: { decision: deny, rule: default-deny, reasons: [no_rule_allows, condition_not_met] } }
  - name: nobody at night
    principals: [clerk, guest]
    calls: [late]
    expect: { decision: deny, rule: office-hours }
`;

let folder: string;
let printed: string;
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const run = (options: Partial<TestArguments> = {}): number => {
  printed = '';
  return testPolicy([join(folder, 'policy')], { json: false, ...options });
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-policy-test-'));
  mkdirSync(join(folder, 'policy'));
  printed = '';
  write('policy/bank.yaml', POLICY);
  write('policy/bank.test.yaml', TESTS);
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('portcullis policy test', () => {
  verifies('B7');

  it('passes what is decided as expected, and says what no test reaches', () => {
    expect(run({ coverage: true })).toBe(0);
    expect(printed).toBe('6 passed, 0 failed\nTests reach 2 of 3 rules (66 %); no test reaches all-read\n');
    expect(run({ coverage: 66 })).toBe(0);
    expect(run({ coverage: 67 })).toBe(1);
  });

  it('fails with place, rule and reason', () => {
    write('policy/bank.test.yaml', TESTS.replace('clerk: allow', 'clerk: { decision: deny, label: read }'));
    expect(run()).toBe(1);
    expect(printed).toBe(
      `${join(folder, 'policy/bank.test.yaml')}:13: failed payments: clerk, small: decision is "allow", expected "deny"; ` +
        'label is "write", expected "read" (decided by "small-payments": it allows the write tool bank/pay)\n' +
        '5 passed, 1 failed\n',
    );
  });

  it.each([
    [
      'an error in the policy',
      'bank.yaml',
      ['{ $lte: 100 }', '{ $lte: 100, $gt: 100 }'],
      [1, 'error never-fires: small-payments: no value'],
    ],
    [
      'an operator that is none',
      'bank.yaml',
      ['$lte', '$near'],
      [2, 'error invalid-condition: small-payments: unknown operator "$near"'],
    ],
    [
      'a test that names nobody',
      'bank.test.yaml',
      ['[clerk, guest]', '[clerk, gast]'],
      [2, 'error invalid-value: there is no principal "gast"'],
    ],
    [
      'a test of two kinds',
      'bank.test.yaml',
      ['    principals: [clerk, guest]\n', '    matrix: {}\n'],
      [2, 'error invalid-value: a test has either'],
    ],
  ] as const)('ends otherwise for %s', (_what, name, [from, to], [code, text]) => {
    write(`policy/${name}`, (name === 'bank.yaml' ? POLICY : TESTS).replace(from, to));
    expect(run()).toBe(code);
    expect(printed).toContain(text);
    expect(printed).toMatch(new RegExp(`${name}:\\d+:\\d+: error`));
  });

  it('holds policy and tests to a catalogue', () => {
    const catalogue = {
      roles: [],
      groups: {},
      members: [],
      servers: { bank: { tools: { pay: { label: null, inputSchema: { properties: { sum: {} } } } } } },
    };
    write('catalogue.json', JSON.stringify(catalogue));
    expect(run({ catalogue: join(folder, 'catalogue.json') })).toBe(1);
    expect(printed).toContain('error unknown-argument: small-payments: bank/pay has no arguments.amount');
    write('catalogue.json', JSON.stringify({ ...catalogue, servers: { bank: { tools: {} } } }));
    expect(run({ catalogue: join(folder, 'catalogue.json') })).toBe(0);
    write('policy/bank.test.yaml', TESTS.replace('roles: [clerk]', 'roles: [clark]'));
    expect(() => run({ catalogue: join(folder, 'catalogue.json') })).toThrow('there is no role "clark"');
  });

  it('refuses files that are none', () => {
    expect(() => testPolicy([join(folder, 'nowhere')], { json: false })).toThrow('ENOENT');
    expect(() => testPolicy([join(folder, 'policy/bank.test.yaml')], { json: false })).toThrow(
      'no file of policy',
    );
    writeFileSync(join(folder, 'policy/latin.yaml'), Buffer.from([0x61, 0xe9]));
    expect(() => run()).toThrow('not UTF-8');
  });

  it('gives the same decisions whatever the day, and to users by their id', () => {
    const user = '01BBB000000000000000000007';
    write(
      'policy/more.yaml',
      `portcullis: policy/v1\nrules: [{ id: one, effect: allow, subjects: { users: [${user}] }, servers: [bank], tools: [pay], labels: [write] }]\n`,
    );
    write(
      'policy/bank.test.yaml',
      TESTS.replace('guest: {}', `guest: { user: ${user} }`).replace('guest: deny', 'guest: { rule: one }'),
    );
    expect(run()).toBe(0);
  });
});

/** Throws unless the text is well-formed XML of elements, attributes and text (XML 1.0, productions 1, 39 and 10). */
function parseXml(text: string): { name: string; attributes: Record<string, string> }[] {
  const found: { name: string; attributes: Record<string, string> }[] = [];
  const open: string[] = [];
  const token = /<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  const body = text.replace('<?xml version="1.0" encoding="UTF-8"?>\n', '');
  let end = 0;
  for (const [whole, closes, name, attributes = '', empty, words = ''] of body.matchAll(token)) {
    end += whole.length;
    expect(`${attributes}${words}`.replace(/&(amp|lt|gt|quot|apos|#\d+);/g, '')).not.toContain('&');
    if (name === undefined) continue;
    if (closes === '/') expect(open.pop()).toBe(name);
    else {
      found.push({
        name,
        attributes: Object.fromEntries(
          [...attributes.matchAll(/ ([a-z]+)="([^"]*)"/g)].map((m) => [m[1]!, m[2]!]),
        ),
      });
      if (empty === '') open.push(name);
    }
  }
  expect([end, open]).toEqual([body.length, []]);
  return found;
}

it('writes JUnit XML, whatever tests are called', () => {
  verifies('B7');
  const junit = join(folder, 'junit.xml');
  const nasty = '"<x>&amp;]]></testcase>\\u0001\\uFFFF\\n"';
  write(
    'policy/bank.test.yaml',
    TESTS.replace('name: payments', `name: ${nasty}`).replace('clerk: allow', 'clerk: deny'),
  );
  expect(run({ junit })).toBe(1);
  const elements = parseXml(readFileSync(junit, 'utf8'));
  const suites = elements.filter(({ name }) => name === 'testsuite').map(({ attributes }) => attributes);
  expect(suites).toMatchObject([
    { name: 'policy', tests: '0', failures: '0' },
    { tests: '6', failures: '1' },
  ]);
  expect(elements.find(({ name }) => name === 'testcase')?.attributes['name']).toBe(
    '&lt;x&gt;&amp;amp;]]&gt;&lt;/testcase&gt;\uFFFD\uFFFD&#10;: clerk, small',
  );
  expect(elements.find(({ name }) => name === 'failure')?.attributes['message']).toContain(
    'decision is &quot;allow&quot;',
  );
  write('policy/bank.yaml', POLICY.replace('{ $lte: 100 }', '{ $lte: 100, $gt: 100 }'));
  expect(run({ junit })).toBe(1);
  expect(
    parseXml(readFileSync(junit, 'utf8')).find(({ name }) => name === 'testsuite')?.attributes['failures'],
  ).toBe('1');
});

it('passes the tests of the tutorial', () => {
  verifies('B7');
  const tutorial = join(import.meta.dirname, '../../../../../docs/tutorials/policy-as-code/policy');
  expect(testPolicy([tutorial], { json: false, coverage: 100 })).toBe(0);
  expect(printed).toBe('10 passed, 0 failed\nTests reach 5 of 5 rules (100 %)\n');
});
