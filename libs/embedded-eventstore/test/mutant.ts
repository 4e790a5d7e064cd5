import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutation } from './mutations.js';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const ROOT = join(PACKAGE, '..', '..');
/** Where the tests are that judge mutants; they start the node that `EVENTSTORE_NODE_MAIN` names. */
const SUITES = ['event-store-semantics.spec', 'scavenge.spec'];

const DEADLINE_MS = 150_000;

interface Judgement {
  passed: number;
  failed: number;
}

/** Runs the tests of that name against the node with that change, or without one. Stops at the first failure. */
export async function judge(noticedBy: string, mutation?: Mutation): Promise<Judgement> {
  const directory = mkdtempSync(join(tmpdir(), 'eventstore-mutant-'));
  try {
    cpSync(join(PACKAGE, 'dist'), join(directory, 'dist'), { recursive: true });
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    if (mutation) mutate(directory, mutation);
    return await runJest(directory, noticedBy);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function mutate(directory: string, { name, file, edits }: Mutation): void {
  const path = join(directory, 'dist', file);
  let code = readFileSync(path, 'utf8');
  for (const [find, replace] of edits) {
    const times = code.split(find).length - 1;
    if (times !== 1) throw new Error(`"${name}": the text to change is ${times} times in ${file}`);
    code = code.replace(find, () => replace);
  }
  writeFileSync(path, code);
}

async function runJest(directory: string, noticedBy: string): Promise<Judgement> {
  const report = join(directory, 'report.json');
  const name = `^(semantics of the embedded node )?${noticedBy.replaceAll('$', '\\$')}`;
  const args = [
    join(ROOT, 'tools', 'jest.mjs'),
    PACKAGE,
    ...SUITES,
    '--runInBand',
    '--bail=1',
    '--silent',
  ].concat(['-t', name, '--json', '--outputFile', report]);
  const env = { ...process.env, EVENTSTORE_NODE_MAIN: join(directory, 'dist', 'main.js') };
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  // A mutant may be too busy to hear that it should end, and its test waits for it: the whole group goes.
  const late = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), DEADLINE_MS);
  await once(child, 'close');
  clearTimeout(late);
  if (!existsSync(report)) throw new Error(`no judgement: ${Buffer.concat(said).toString('utf8')}`);
  const result = JSON.parse(readFileSync(report, 'utf8'));
  // A node that does not start, or a suite that can't be loaded, proves nothing.
  const text = Buffer.concat(said).toString('utf8');
  if (text.includes('did not start') || result.numRuntimeErrorTestSuites > 0) throw new Error(text);
  return { passed: result.numPassedTests, failed: result.numFailedTests };
}
