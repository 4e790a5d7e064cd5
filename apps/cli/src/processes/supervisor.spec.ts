import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../test/eventually.js';
import { IGNORES_SIGTERM, program, SERVES } from '../../test/programs.js';
import { identify, isRunning, type ProcessIdentity } from './process-table.js';
import { ProcessRegistry } from './process-registry.js';
import { Supervisor, type SupervisorEvent } from './supervisor.js';

let directory: string;
let events: SupervisorEvent[];
let supervisor: Supervisor;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'portcullis-supervisor-'));
  events = [];
  supervisor = new Supervisor({
    logDirectory: directory,
    registryFile: join(directory, 'processes.json'),
    instanceId: 'test-instance',
    onEvent: (event) => events.push(event),
  });
});

afterEach(async () => {
  await supervisor.stop();
  rmSync(directory, { recursive: true, force: true });
});

const running = (name: string): ProcessIdentity => identify(supervisor.pids()[name]!)!;
const registered = (): string[] =>
  ProcessRegistry.read(join(directory, 'processes.json')).map(({ name }) => name);

it('starts a part and gives what it said when it became ready', async () => {
  await expect(supervisor.start(program('web', SERVES))).resolves.toEqual({ ready: true, port: 4711 });
  expect(isRunning(running('web'))).toBe(true);
  expect(registered()).toEqual(['web']);
});

it('keeps what a part writes in a log that only its owner can read', async () => {
  await supervisor.start(program('web', `console.error('to stderr'); ${SERVES}`));
  const log = join(directory, 'web.log');
  await eventually(() => expect(readFileSync(log, 'utf8')).toMatch(/to stderr[\s\S]*"ready":true/));
  expect(statSync(log).mode & 0o777).toBe(0o600);
});

it('starts and keeps a part whose log can not be written', async () => {
  symlinkSync('/dev/full', join(directory, 'web.log'));
  await expect(supervisor.start(program('web', SERVES))).resolves.toMatchObject({ ready: true });
  expect(isRunning(running('web'))).toBe(true);
});

it('says why a part does not start, with the end of its log', async () => {
  const broken = program('web', `console.error('no database'); process.exit(3)`);
  await expect(supervisor.start(broken)).rejects.toThrow(
    /^web ended with code 3\. Its log is .*:\nno database$/s,
  );
});

it('gives up a part that never becomes ready, and ends it', async () => {
  const mute = program('web', 'setInterval(() => {}, 1000)', { readyWithinMs: 300 });
  await expect(supervisor.start(mute)).rejects.toThrow('web was not ready within 300 ms');
  const [left] = ProcessRegistry.read(join(directory, 'processes.json'));
  await eventually(() => !isRunning(left!));
});

it('reports a program that does not exist', async () => {
  await expect(supervisor.start(program('web', '', { command: '/no/such/program' }))).rejects.toThrow(
    /^web could not be started: .*ENOENT/,
  );
});

it('brings a killed part back, says so, and keeps the registry true', async () => {
  await supervisor.start(program('web', SERVES));
  const first = running('web');
  process.kill(first.pid, 'SIGKILL');
  await eventually(() => expect(events.map(({ kind }) => kind)).toEqual(['ended', 'restarted']));
  expect(events[0]).toMatchObject({ name: 'web', how: 'was ended by SIGKILL' });
  expect(running('web').pid).not.toBe(first.pid);
  expect(ProcessRegistry.read(join(directory, 'processes.json'))).toEqual([
    { name: 'web', ...running('web') },
  ]);
});

it('waits longer before each further restart of a part that keeps ending', async () => {
  await supervisor.start(program('web', `${SERVES} setTimeout(() => process.exit(1), 50)`));
  await eventually(() =>
    expect(events.filter(({ kind }) => kind === 'ended').length).toBeGreaterThanOrEqual(3),
  );
  const pauses = events.flatMap((event) => (event.kind === 'ended' ? [event.restartInMs] : []));
  expect(pauses.slice(0, 3)).toEqual([100, 200, 400]);
});

it('stops in reverse order and leaves nothing running', async () => {
  const log = join(directory, 'order');
  const noting = (name: string): string =>
    SERVES.replace(
      'process.exit(0)',
      `{ fs.appendFileSync(${JSON.stringify(log)}, '${name} '); process.exit(0); }`,
    );
  for (const name of ['first', 'second', 'third']) await supervisor.start(program(name, noting(name)));
  const all = ['first', 'second', 'third'].map(running);
  await supervisor.stop();
  expect(readFileSync(log, 'utf8')).toBe('third second first ');
  expect(all.filter(isRunning)).toEqual([]);
  expect(registered()).toEqual([]);
  expect(events).toEqual([]);
});

it('ends the parts of one stage together, after those of the stages above', async () => {
  const log = join(directory, 'order');
  const noting = (name: string, ms: number): string =>
    SERVES.replace(
      'process.exit(0)',
      `setTimeout(() => { fs.appendFileSync(${JSON.stringify(log)}, '${name} '); process.exit(0); }, ${ms})`,
    );
  await supervisor.start(program('slow', noting('slow', 1_000)), 1);
  await supervisor.start(program('quick', noting('quick', 0)), 1);
  await supervisor.start(program('above', noting('above', 200)), 2);
  await supervisor.stop();
  expect(readFileSync(log, 'utf8')).toBe('above quick slow ');
});

it('ends a start that is under way when it is told to stop', async () => {
  const starting = supervisor.start(program('web', 'setInterval(() => {}, 1000)'));
  const [left] = await eventually(() => {
    const entries = ProcessRegistry.read(join(directory, 'processes.json'));
    if (entries.length === 0) throw new Error('not started yet');
    return entries;
  });
  const failed = expect(starting).rejects.toThrow('Portcullis is stopping');
  await supervisor.stop();
  await failed;
  await eventually(() => !isRunning(left!));
});

it('kills what does not react when there is no time left', async () => {
  await supervisor.start(program('web', IGNORES_SIGTERM));
  const web = running('web');
  supervisor.killAll();
  await eventually(() => !isRunning(web));
});
