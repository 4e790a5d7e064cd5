import { execFile } from 'node:child_process';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verifies } from '../verifies.js';

const here = dirname(fileURLToPath(import.meta.url));
const fixture = join(here, 'fixtures', 'boundaries');
const eslint = join(here, '..', '..', 'node_modules', 'eslint', 'bin', 'eslint.js');

interface FileResult {
  filePath: string;
  messages: { ruleId: string | null; message: string }[];
}

/** Runs ESLint over the fixture workspace in its own process: Nx finds its workspace by the working directory. */
async function lintFixture(): Promise<Map<string, string[]>> {
  const stdout = await new Promise<string>((resolve, reject) => {
    const args = [eslint, '--format', 'json', '.'];
    execFile(process.execPath, args, { cwd: fixture, maxBuffer: 1 << 24 }, (error, out, err) => {
      // 1 means "problems found", which is what the fixture is for.
      if (error && error.code !== 1) reject(new Error(`ESLint did not run: ${err}`));
      else resolve(out);
    });
  });
  const results = JSON.parse(stdout.slice(stdout.indexOf('[{'))) as FileResult[];
  return new Map(
    results.map(({ filePath, messages }) => [
      relative(fixture, filePath),
      messages.map(({ ruleId }) => ruleId ?? 'not parsed'),
    ]),
  );
}

describe('the rules of the workspace over a small workspace that breaks them', () => {
  let rulesByFile: Map<string, string[]>;
  beforeAll(async () => {
    rulesByFile = await lintFixture();
  }, 60_000);

  const nx = '@nx/enforce-module-boundaries';
  it.each([
    ['a service that imports a service', 'services/beta/src/imports-a-service.ts', nx],
    ['a service that imports a service at run time', 'services/beta/src/imports-dynamically.ts', nx],
    ['a relative path into another service', 'services/beta/src/reaches-into-a-service.ts', nx],
    ['contracts that import a service', 'libs/contracts/src/imports-a-service.ts', nx],
    ['contracts that import a library of ours', 'libs/contracts/src/imports-a-library.ts', nx],
    ['an app that imports a service', 'apps/tool/src/imports-a-service.ts', nx],
    [
      'a file of a service without exports',
      'services/beta/src/imports-a-file-of-a-service.ts',
      'portcullis/no-deployable-imports',
    ],
    ['a folder without a meaning', 'services/beta/src/utils/vague.ts', 'portcullis/folder-names'],
    ['a barrel inside a package', 'services/beta/src/decisions/index.ts', 'portcullis/no-barrels'],
    ['export *', 'services/beta/src/decisions/exports-everything.ts', 'portcullis/no-barrels'],
    [
      'a decision that reads the clock',
      'services/beta/src/decisions/reads-the-clock.ts',
      'portcullis/pure-decisions',
    ],
  ])('rejects %s', (_what, file, rule) => {
    verifies('C1');
    expect(rulesByFile.get(file)).toContain(rule);
  });

  it('rejects each of clock, random number and id in a decision', () => {
    expect(rulesByFile.get('services/beta/src/decisions/reads-the-clock.ts')).toHaveLength(4);
  });

  it.each([
    ['a service that uses a library', 'services/beta/src/clean-twin.ts'],
    ['a library that uses the contracts', 'libs/eventing/src/clean-twin.ts'],
    ['an app that uses a library', 'apps/tool/src/clean-twin.ts'],
    ['a package entry with named exports', 'libs/eventing/src/index.ts'],
    ['a decision that gets time and id', 'services/beta/src/decisions/clean-twin.ts'],
    ['a use-case that makes time and id', 'services/beta/src/decisions/clean-use-case.ts'],
  ])('accepts the clean twin: %s', (_what, file) => {
    expect(rulesByFile.get(file)).toEqual([]);
  });
});
