import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { startInstallation, type Installation } from './installation.js';

const MAIN = join(import.meta.dirname, '../dist/main.js');

let installation: Installation;
const children: ChildProcess[] = [];
beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('services/vault is not built: run npm run build.');
  installation = await startInstallation();
}, 60_000);
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await installation.stop();
}, 30_000);

function start(environment: Record<string, string | undefined>, options: string[] = []) {
  const child = spawn(process.execPath, [...options, MAIN], {
    env: environment as NodeJS.ProcessEnv,
    stdio: 'pipe',
  });
  children.push(child);
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString('utf8')));
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString('utf8')));
  return { child, output, ended: once(child, 'exit').then(([code]) => code as number) };
}
const environment = (changes: Record<string, string | undefined> = {}) => ({
  ...installation.environment(),
  NODE_ENV: 'production',
  LOG_LEVEL: 'info',
  ...changes,
});

describe('the process of the vault', () => {
  it.each([
    ['is not named', () => undefined],
    ['is empty', () => emptyFile()],
  ])('does not start when the root secret %s', async (_what, path) => {
    verifies('H3');
    const { ended, output } = start(environment({ VAULT_ROOT_SECRET_FILE: path() }));
    expect(await ended).toBe(78);
    expect(output.stderr).toContain('VAULT_ROOT_SECRET_FILE');
    expect(output.stdout).toBe('');
  });

  it.each([
    ['on the command line', {}, ['--inspect=127.0.0.1:0']],
    ['in NODE_OPTIONS', { NODE_OPTIONS: '--heapsnapshot-signal=SIGUSR2' }, []],
  ])(
    'does not start in production with an option %s that shows its memory',
    async (_what, changes, options) => {
      verifies('P5');
      const { ended, output } = start(environment(changes), options);
      expect(await ended).toBe(1);
      expect(output.stdout).toBe('');
      expect(output.stderr).toMatch(/inspector|--heapsnapshot/);
    },
  );

  it('starts, says so, can not be inspected or dumped, and stops on SIGTERM', async () => {
    verifies('P5');
    const { child, ended, output } = start(environment());
    await eventually(() => expect(output.stdout).toContain('\n'), { deadlineMs: 40_000 });
    const ready = JSON.parse(output.stdout) as { service: string; httpPort: number };
    expect(ready).toMatchObject({ ready: true, service: 'vault' });
    const health = await fetch(`http://127.0.0.1:${ready.httpPort}/health/ready`);
    expect(health.status).toBe(200);
    const limits = readFileSync(`/proc/${child.pid}/limits`, 'utf8');
    expect(limits).toMatch(/Max core file size\s+0\s+0/);
    // Node opens its inspector on this signal.
    child.kill('SIGUSR1');
    await eventually(() => expect(output.stderr).toContain('SIGUSR1 is ignored'));
    expect(output.stderr).not.toContain('Debugger listening');
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  }, 60_000);
});

function emptyFile(): string {
  const path = `${installation.environment()['VAULT_ROOT_SECRET_FILE']}-empty`;
  writeFileSync(path, '\n');
  return path;
}
