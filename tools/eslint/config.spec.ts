import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const eslint = join(root, 'node_modules', 'eslint', 'bin', 'eslint.js');

type Rules = Record<string, [severity: number, ...options: unknown[]]>;

async function rulesFor(file: string): Promise<Rules> {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [eslint, '--print-config', file], {
    cwd: root,
    maxBuffer: 1 << 24,
  });
  return (JSON.parse(stdout) as { rules: Rules }).rules;
}

describe('the lint rules that a shipped file gets', () => {
  let rules: Rules;
  beforeAll(async () => {
    rules = await rulesFor('services/gateway/src/calls/anything.ts');
  }, 60_000);

  it.each([
    'portcullis/no-secret-logging',
    'portcullis/no-deployable-imports',
    'portcullis/no-barrels',
    'portcullis/folder-names',
    'portcullis/pure-decisions',
    '@nx/enforce-module-boundaries',
    'no-restricted-imports',
    'no-restricted-properties',
  ])('%s is an error', (rule) => {
    expect(rules[rule]?.[0]).toBe(2);
  });

  it.each([
    ['max-lines', { max: 250 }],
    ['max-lines-per-function', { max: 50 }],
    ['complexity', 10],
    ['max-params', 4],
  ])('%s is limited to %j', (rule, limit) => {
    expect(rules[rule]).toEqual([2, typeof limit === 'object' ? expect.objectContaining(limit) : limit]);
  });
});

describe('what a file may import of the event-store client and the environment', () => {
  const restricted = async (file: string) => {
    const [, options] = (await rulesFor(file))['no-restricted-imports'] ?? [];
    const { paths, patterns } = options as { paths: { name: string }[]; patterns: { regex: string }[] };
    return [...new Set([...paths.map(({ name }) => name), ...patterns.map(({ regex }) => regex)])];
  };
  const environment = ['node:process', 'process'];
  const client = ['@eventstore/db-client', '^@eventstore/db-client/dist'];
  const generated = ['^@eventstore/db-client/generated'];

  it.each([
    ['services/policy/src/main.ts', [...environment, ...client, ...generated]],
    ['services/policy/src/config.ts', [...client, ...generated]],
    ['libs/eventing/src/store/event-store.ts', [...environment, ...client, ...generated]],
    ['libs/eventing/src/eventstore-client.ts', [...environment, ...generated]],
    ['libs/embedded-eventstore/src/node.ts', [...environment, ...client]],
  ])(
    '%s is refused %j',
    async (file, expected) => {
      expect((await restricted(file)).sort()).toEqual([...expected].sort());
    },
    30_000,
  );
});
