import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inboxPrefix, subjectPermissions, VERBS, type NatsUser } from '@portcullis/contracts';
import { connect, nkeyAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { freePorts } from '../processes/free-ports.js';
import { Supervisor } from '../processes/supervisor.js';
import { openDataDirectory, type DataDirectory } from '../setup/data-directory.js';
import { natsPart } from './nats-part.js';
import { natsSeedFile } from './nats-users.js';
import { natsServerBinary } from './nats-server-binary.js';

let root: string;
let data: DataDirectory;
let supervisor: Supervisor;
let port: number;
const connections: NatsConnection[] = [];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-nats-'));
  data = openDataDirectory(join(root, 'data'));
  const options = {
    logDirectory: data.logs,
    registryFile: data.file('run', 'processes.json'),
    instanceId: root,
  };
  supervisor = new Supervisor({ ...options, onEvent: () => undefined });
  [port] = (await freePorts(1)) as [number];
  const binary = natsServerBinary({ named: process.env['NATS_SERVER_BIN'], path: process.env['PATH'] ?? '' });
  await supervisor.start(natsPart(data, binary, port));
});

afterAll(async () => {
  await supervisor.stop();
  rmSync(root, { recursive: true, force: true });
});

afterEach(async () => {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
});

async function connectAs(user: NatsUser): Promise<NatsConnection> {
  const connection = await connect({
    servers: `nats://127.0.0.1:${port}`,
    authenticator: nkeyAuthenticator(readFileSync(natsSeedFile(data, user))),
    inboxPrefix: inboxPrefix(user),
  });
  connections.push(connection);
  return connection;
}

/** What the broker says to a subscription: 'allowed', or its refusal. */
async function subscribing(connection: NatsConnection, subject: string, queue?: string): Promise<string> {
  return new Promise((resolve) => {
    connection.subscribe(subject, {
      ...(queue ? { queue } : {}),
      callback: (error) => resolve(error?.message ?? 'message'),
    });
    // The broker answers in order: once it has answered this, it has not refused what came before.
    void connection.flush().then(() => setImmediate(() => resolve('allowed')));
  });
}

const REFUSED = /permissions violation/i;

it('refuses a client without a key, and one with a key of its own making', async () => {
  const servers = `nats://127.0.0.1:${port}`;
  await expect(connect({ servers, reconnect: false })).rejects.toThrow(/authorization/i);
  await expect(connect({ servers, reconnect: false, user: 'gateway', pass: '' })).rejects.toThrow(
    /authorization/i,
  );
});

it('carries a request to its service and the answer back', async () => {
  const policy = await connectAs('policy');
  policy.subscribe(VERBS.authorize.subject, {
    queue: 'policy',
    callback: (_error, message) => void message.respond('{"a":1}'),
  });
  await policy.flush();
  const answer = await (
    await connectAs('gateway')
  ).request(VERBS.authorize.subject, '{}', { timeout: 5_000 });
  expect(answer.json()).toEqual({ a: 1 });
});

it('lets nobody subscribe to what belongs to another service', async () => {
  const gateway = await connectAs('gateway');
  for (const subject of [
    VERBS.authorize.subject,
    VERBS.open.subject,
    VERBS.append.subject,
    '>',
    '*.v1.>',
    `${inboxPrefix('control')}.>`,
    '_INBOX.>',
  ]) {
    await expect(subscribing(gateway, subject)).resolves.toMatch(REFUSED);
  }
});

it('lets a service serve its subject only in its own queue group', async () => {
  const policy = await connectAs('policy');
  await expect(subscribing(policy, VERBS.authorize.subject, 'policy')).resolves.toBe('allowed');
  await expect(subscribing(policy, VERBS.authorize.subject, 'squatters')).resolves.toMatch(REFUSED);
});

it('lets nobody call what it is not a caller of, nor answer into an inbox it does not serve', async () => {
  const gateway = await connectAs('gateway');
  for (const subject of [VERBS.authorizeAdmin.subject, `${inboxPrefix('vault')}.x`, '$SYS.REQ.SERVER.PING']) {
    await expect(gateway.request(subject, '{}', { timeout: 5_000 })).rejects.toThrow();
  }
});

it('gives every user a key of its own', () => {
  const seeds = Object.keys(subjectPermissions).map((user) =>
    readFileSync(natsSeedFile(data, user as NatsUser), 'utf8'),
  );
  expect(new Set(seeds).size).toBe(seeds.length);
});

it('keeps the keys over a second start', () => {
  const before = readFileSync(natsSeedFile(data, 'gateway'), 'utf8');
  natsPart(data, '/bin/true', port);
  expect(readFileSync(natsSeedFile(data, 'gateway'), 'utf8')).toBe(before);
});
