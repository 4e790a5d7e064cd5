import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { subjectPermissions, inboxPrefix, Secret, type NatsUser } from '@portcullis/contracts';
import { nkeyAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { createUser } from '@nats-io/nkeys';
import { greetedConnection } from '../messaging/greeted-connection.js';
import { eventually } from './eventually.js';

export interface TestNats {
  readonly url: string;
  readonly process: ChildProcess;
  /** Seed of a user's nkey, for a service's configuration. */
  seedOf(user: NatsUser): Secret;
  /** A connection with a user's permissions and private inbox, as the services have it. */
  connectAs(user: NatsUser): Promise<NatsConnection>;
  /** A connection that may do everything: the broker's operator, for captures and rogue parts. */
  connectAsOperator(): Promise<NatsConnection>;
  stop(): Promise<void>;
}

/** A real nats-server with the users and permissions that a set-up gets. Fails loudly when there is no server. */
export async function startNats(): Promise<TestNats> {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-nats-'));
  const users = Object.keys(subjectPermissions) as (keyof typeof subjectPermissions)[];
  const pairs = new Map<string, ReturnType<typeof createUser>>(
    [...users, 'operator'].map((user) => [user, createUser()]),
  );
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('utf8');
  const entries = users.map((user) => {
    const { publish, subscribe } = subjectPermissions[user];
    return {
      nkey: pairs.get(user)?.getPublicKey(),
      permissions: { publish: { allow: publish }, subscribe: { allow: subscribe } },
    };
  });
  const config = {
    // The server takes a free port itself and writes it down: nobody can take it in between.
    listen: '127.0.0.1:-1',
    ports_file_dir: directory,
    max_payload: 1_048_576,
    // Suites that start at the same time keep each other from answering the server's challenge.
    authorization: { timeout: 30, users: [...entries, { nkey: pairs.get('operator')?.getPublicKey() }] },
  };
  writeFileSync(join(directory, 'nats.conf'), JSON.stringify(config), { mode: 0o600 });
  const process = spawn(natsServer(), ['-c', join(directory, 'nats.conf')], { stdio: 'ignore' });
  const url = await eventually(() => writtenUrl(directory, process), { deadlineMs: 20_000 });
  const connectWith = (user: string, prefix: string) =>
    greetedConnection({
      servers: url,
      authenticator: nkeyAuthenticator(pairs.get(user)?.getSeed()),
      inboxPrefix: prefix,
    });
  return {
    url,
    process,
    seedOf: (user) => Secret.of(text(pairs.get(user)?.getSeed())),
    connectAs: (user) => connectWith(user, inboxPrefix(user)),
    connectAsOperator: () => connectWith('operator', '_INBOX_operator'),
    stop: () => stopProcess(process, directory),
  };
}

function natsServer(): string {
  const named = process.env['NATS_SERVER_BIN'];
  const places = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
    join(import.meta.dirname, '../../../../.tools/bin'),
  ];
  const found = named ?? places.map((place) => join(place, 'nats-server')).find((path) => existsSync(path));
  if (found === undefined)
    throw new Error('There is no nats-server: run npm test from the root, which gets one.');
  return found;
}

/** The server writes the file once it listens. */
function writtenUrl(directory: string, { pid, exitCode }: ChildProcess): string {
  if (exitCode !== null) throw new Error(`nats-server ended with code ${exitCode}.`);
  const ports = JSON.parse(readFileSync(join(directory, `nats-server_${pid}.ports`), 'utf8')) as {
    nats: string[];
  };
  const [url] = ports.nats;
  if (url === undefined) throw new Error('nats-server listens nowhere.');
  return url;
}

async function stopProcess(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise((resolve) => {
      child.once('exit', resolve);
      // A test may have stopped it with SIGSTOP.
      child.kill('SIGCONT');
      child.kill('SIGKILL');
    });
  }
  rmSync(directory, { recursive: true, force: true });
}
