import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { eventually } from '../../test/eventually.js';
import { IGNORES_SIGTERM, SERVES } from '../../test/programs.js';
import { endProcess } from './end-process.js';
import { PARENT_PIPE_VARIABLE, endWithParentArguments } from './parent-pipe.js';
import { findByEnvironment, identify, isRunning, type ProcessIdentity } from './process-table.js';
import { INSTANCE_VARIABLE, reapOrphans } from './reap-orphans.js';
import { holdInstallation } from './single-instance.js';

let directory: string;
let instanceId: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'portcullis-orphans-'));
  instanceId = randomUUID();
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** A process that has nothing to do with us unless its environment or directory says so. */
async function launch(
  options: { env?: Record<string, string>; cwd?: string; code?: string } = {},
): Promise<ProcessIdentity> {
  const child = spawn(process.execPath, ['--eval', options.code ?? SERVES], {
    env: options.env ?? {},
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout!, 'data');
  return identify(child.pid!)!;
}

const registryFile = (): string => join(directory, 'processes.json');
const reap = (): Promise<number> =>
  reapOrphans({ registryFile: registryFile(), instanceId, postgresDirectory: join(directory, 'postgres') });

const register = (entries: unknown): void => writeFileSync(registryFile(), JSON.stringify(entries));

describe('orphans of a killed run', () => {
  it('are ended when the registry names them', async () => {
    const orphan = await launch();
    register([{ name: 'nats', ...orphan }]);
    await expect(reap()).resolves.toBe(1);
    expect(isRunning(orphan)).toBe(false);
  });

  it('are left alone when their number belongs to another process now', async () => {
    const stranger = await launch();
    register([{ name: 'nats', pid: stranger.pid, startTime: stranger.startTime - 1 }]);
    await expect(reap()).resolves.toBe(0);
    expect(isRunning(stranger)).toBe(true);
  });

  it('are found by their mark when the registry was not written in time', async () => {
    const orphan = await launch({ env: { [INSTANCE_VARIABLE]: instanceId } });
    const other = await launch({
      env: { [INSTANCE_VARIABLE]: `${instanceId}0`, X: `${INSTANCE_VARIABLE}=${instanceId}` },
    });
    writeFileSync(registryFile(), '[{"name":');
    await expect(reap()).resolves.toBe(1);
    expect(isRunning(orphan)).toBe(false);
    expect(isRunning(other)).toBe(true);
  });

  it('are found by PostgreSQL’s data directory, and killed when they hang', async () => {
    const postgres = join(directory, 'postgres');
    mkdirSync(postgres);
    const deaf = `for (const name of ['SIGINT', 'SIGQUIT', 'SIGTERM']) process.on(name, () => {}); ${IGNORES_SIGTERM}`;
    const orphan = await launch({ cwd: postgres, code: `process.title = 'postgres'; ${deaf}` });
    const visitor = await launch({ cwd: postgres });
    await expect(reap()).resolves.toBe(1);
    expect(isRunning(orphan)).toBe(false);
    expect(isRunning(visitor)).toBe(true);
  });
});

describe('process identity', () => {
  it('is the same for a running process and gone with it', async () => {
    const found = await launch();
    expect(identify(found.pid)).toEqual(found);
    await endProcess(found, { signal: 'SIGTERM', deadlineMs: 5_000 });
    expect(isRunning(found)).toBe(false);
  });

  it('is not taken from a command name that contains parentheses and numbers', async () => {
    const renamed = await launch({ code: `process.title = 'a) R 1 2 3 ('; ${SERVES}` });
    expect(identify(renamed.pid)?.startTime).toBeGreaterThan(identify(1)!.startTime);
  });
});

describe('a process that ends with its parent', () => {
  it('stops when the parent is killed with SIGKILL', async () => {
    const parent = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, JSON.parse(process.env.ARGS), {
        env: JSON.parse(process.env.ENV), detached: true, stdio: ['ignore', 'pipe', 'ignore', 'pipe'] });
      child.stdout.once('data', () => console.log('started'));
      setInterval(() => {}, 1000);
    `;
    const env = { [PARENT_PIPE_VARIABLE]: '3', [INSTANCE_VARIABLE]: instanceId };
    const args = [...endWithParentArguments(), '--eval', SERVES];
    const supervisor = await launch({
      env: { ARGS: JSON.stringify(args), ENV: JSON.stringify(env) },
      code: parent,
    });
    const [child] = findByEnvironment(INSTANCE_VARIABLE, instanceId);
    expect(child).toBeDefined();
    process.kill(supervisor.pid, 'SIGKILL');
    await eventually(() => !isRunning(child!));
  });

  it('does not see the pipe or the mark in its environment', async () => {
    const code = `console.log(JSON.stringify(Object.keys(process.env))); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, [...endWithParentArguments(), '--eval', code], {
      env: { [PARENT_PIPE_VARIABLE]: '3', [INSTANCE_VARIABLE]: instanceId },
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    children.push(child);
    const [said] = (await once(child.stdout!, 'data')) as [Buffer];
    expect(JSON.parse(said.toString())).toEqual([]);
  });
});

describe('an installation', () => {
  it('is held by one process at a time and free as soon as that one lets go', async () => {
    const held = await holdInstallation(instanceId, { waitMs: 0 });
    await expect(holdInstallation(instanceId, { waitMs: 0 })).rejects.toThrow('already running');
    const waiting = holdInstallation(instanceId, { waitMs: 10_000 });
    held.close();
    (await waiting).close();
  });

  it('is free after its holder was killed', async () => {
    const holder = await launch({
      code: `require('node:net').createServer().listen('\\0portcullis-${instanceId}', () => console.log('held'))`,
    });
    await expect(holdInstallation(instanceId, { waitMs: 0 })).rejects.toThrow('already running');
    process.kill(holder.pid, 'SIGKILL');
    (await holdInstallation(instanceId, { waitMs: 10_000 })).close();
  });
});
