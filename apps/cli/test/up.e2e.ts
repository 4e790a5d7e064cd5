import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  findByEnvironment,
  findByWorkingDirectory,
  identify,
  isRunning,
  type ProcessIdentity,
} from '../src/processes/process-table.js';
import { eventually } from './eventually.js';
import { runUp, type RunningUp } from './run-up.js';

const PARTS = [
  'nats',
  'eventstore',
  'postgres',
  'notes',
  'everything',
  'vault',
  'policy',
  'audit',
  'control',
  'gateway',
];

let root: string;
let data: string;
let running: RunningUp | undefined;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-up-'));
  data = join(root, 'data');
});

afterAll(async () => {
  if (running?.process.exitCode === null) await running.end('SIGTERM');
  rmSync(root, { recursive: true, force: true });
});

const installationId = (): string =>
  (JSON.parse(readFileSync(join(data, 'installation.json'), 'utf8')) as { id: string }).id;

/** Every process of the installation, found as a stranger would find them. */
const processes = (): ProcessIdentity[] => [
  ...findByEnvironment('PORTCULLIS_INSTANCE', installationId()),
  ...findByWorkingDirectory({ workingIn: join(data, 'postgres'), named: ['postgres'] }),
];

/** Local addresses on which these processes listen (proc_net_tcp(5)): by inode, since a table row names no process. */
function listeningAddresses(pids: number[]): string[] {
  const inodes = new Set(pids.flatMap(socketsOf));
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && inodes.has(fields[9]!))
      .map((fields) => fields[1]!.split(':')[0]!),
  );
}

function socketsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      // Closed meanwhile.
      return [];
    }
  });
}

const answers = async (url: string): Promise<boolean> =>
  fetch(url, { method: 'POST' }).then(
    () => true,
    () => false,
  );

describe('portcullis up', () => {
  it('starts from nothing and says in one line where everything is', async () => {
    running = await runUp(data);
    const { report } = running;
    for (const name of [
      'mcp',
      'admin',
      'apiKey',
      'adminKey',
      'org',
      'policyGrpc',
      'policyAuthzen',
      'nats',
      'eventStore',
      'postgres',
    ]) {
      expect(report).toHaveProperty(name, expect.any(String));
    }
    expect(report).toHaveProperty('servers', ['notes', 'everything']);
    expect(Object.keys(report.pids).sort()).toEqual(['portcullis', ...PARTS].sort());
  }, 120_000);

  it('listens on loopback only', () => {
    const addresses = listeningAddresses(Object.values(running!.report.pids));
    expect(addresses.length).toBeGreaterThanOrEqual(8);
    expect(new Set(addresses)).toEqual(new Set(['0100007F']));
  });

  it('leaves the data directory to its owner alone', () => {
    expect(lstatSync(data).mode & 0o777).toBe(0o700);
    const entries = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !name.startsWith('postgres'),
    );
    for (const name of entries) expect([name, lstatSync(join(data, name)).mode & 0o077]).toEqual([name, 0]);
  });

  it('shows the keys once: neither is on disk', () => {
    const files = readdirSync(data, { recursive: true, encoding: 'utf8' }).map((name) => join(data, name));
    const { apiKey, adminKey } = running!.report as unknown as { apiKey: string; adminKey: string };
    for (const file of files.filter((each) => lstatSync(each).isFile())) {
      const content = readFileSync(file);
      expect([file, content.includes(apiKey), content.includes(adminKey)]).toEqual([file, false, false]);
    }
  });

  it.each(PARTS)(
    'brings %s back at the same place after SIGKILL',
    async (name) => {
      const before = running!.progress().length;
      process.kill(running!.report.pids[name]!, 'SIGKILL');
      await eventually(
        () => expect(running!.progress().slice(before)).toMatch(new RegExp(`^${name} is back`, 'm')),
        60_000,
      );
      await eventually(() => answers(running!.report.mcp), 30_000);
    },
    90_000,
  );

  it('leaves no process but the servers after SIGKILL, and the next start ends those and works', async () => {
    await running!.end('SIGKILL');
    const left = processes();
    expect(left.length).toBeGreaterThanOrEqual(2);
    const since = performance.now();
    running = await runUp(data);
    expect(performance.now() - since).toBeLessThan(15_000);
    expect(left.filter(isRunning)).toEqual([]);
    expect(running.report).toMatchObject({ apiKey: null, adminKey: null, servers: ['notes', 'everything'] });
    expect(await answers(running.report.mcp)).toBe(true);
  }, 60_000);

  it('refuses a port that is taken, and stops what it had started', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(runUp(join(root, 'other'), '--port', String(port))).rejects.toThrow(`Port ${port} is taken`);
    other.close();
  }, 60_000);

  it('ends in order on SIGTERM and leaves nothing', async () => {
    const all = Object.values(running!.report.pids).map((pid) => identify(pid)!);
    await expect(running!.end('SIGTERM')).resolves.toBe(0);
    expect(all.filter(isRunning)).toEqual([]);
    expect(processes()).toEqual([]);
  }, 60_000);
});
