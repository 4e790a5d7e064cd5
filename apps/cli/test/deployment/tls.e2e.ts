import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@portcullis/contracts';
import { startPostgres, type RunningPostgres } from '@portcullis/embedded-postgres';
import { connectDatabase, connectNats, createLogger } from '@portcullis/platform';
import { verifies } from '../../../../tools/verifies.js';
import { natsServerBinary } from '../../src/nats/nats-server-binary.js';
import { freePorts } from '../../src/processes/free-ports.js';
import { processPart } from '../../src/processes/managed-process.js';
import { tcpProbe } from '../../src/processes/readiness.js';
import { Supervisor } from '../../src/processes/supervisor.js';
import { resolveOwner } from '../../src/provision/owner.js';
import { provision } from '../../src/provision/provision.js';
import { query, speakTlsOnly } from './postgres-with-tls.js';

let root: string;
/** Two installations: nothing of the one is any good at the other. */
let ours: string;
let theirs: string;
let supervisor: Supervisor;
let postgres: RunningPostgres | undefined;
let natsPort: number;
let postgresPort: number;

const logger = createLogger('test', 'silent');

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-tls-'));
  const owner = resolveOwner(undefined, { uid: process.getuid!(), gid: process.getgid!() });
  [ours, theirs] = ['ours', 'theirs'].map((name) => {
    const { directory } = provision({ directory: join(root, name), host: 'mcp.example.com', owner });
    // The mounts of containers are directories of this machine here.
    cpSync(directory, join(root, `${name}-moved`), { recursive: true });
    return join(root, `${name}-moved`);
  }) as [string, string];
  [natsPort, postgresPort] = (await freePorts(2)) as [number, number];
  supervisor = new Supervisor({
    ...{ logDirectory: root, registryFile: join(root, 'processes.json'), instanceId: root },
    onEvent: () => undefined,
  });
  await startNats();
  await startDatabase();
}, 120_000);

afterAll(async () => {
  await supervisor?.stop();
  await postgres?.stop();
  rmSync(root, { recursive: true, force: true });
}, 60_000);

async function startNats(): Promise<void> {
  const text = readFileSync(join(ours, 'nats/nats.conf'), 'utf8').replaceAll(
    '/run/portcullis',
    join(ours, 'nats'),
  );
  const file = join(root, 'nats.conf');
  const config = { ...(JSON.parse(text) as object), listen: `127.0.0.1:${natsPort}`, http: undefined };
  writeFileSync(file, JSON.stringify(config));
  const command = natsServerBinary({
    named: process.env['NATS_SERVER_BIN'],
    path: process.env['PATH'] ?? '',
  });
  const readiness = { by: 'probe', probe: tcpProbe(natsPort) } as const;
  const nats = { name: 'nats', command, args: ['--config', file], env: {}, endsWithParent: false };
  await supervisor.start(processPart({ ...nats, readiness, readyWithinMs: 15_000 }));
}

async function startDatabase(): Promise<void> {
  const read = (...path: string[]): string => readFileSync(join(ours, 'postgres', ...path), 'utf8').trim();
  const place = { directory: join(root, 'pg'), port: postgresPort };
  postgres = await startPostgres({ ...place, superuserPassword: read('superuser-password') });
  await query(postgres.superuserUrl, 'CREATE DATABASE portcullis');
  await query(postgres.superuserUrl.replace(/\/postgres$/, '/portcullis'), read('init', '10-portcullis.sql'));
  await speakTlsOnly(place.directory, join(ours, 'postgres'), postgres.superuserUrl);
}

describe('the message broker of a deployed installation', () => {
  verifies('D5');
  const enter = async (host: string, authorityOf: string | undefined, scheme = 'tls') => {
    const caFile = authorityOf === undefined ? undefined : join(authorityOf, 'vault/internal-ca.crt');
    const seed = Secret.of(readFileSync(join(ours, 'vault/nats.seed'), 'utf8').trim());
    const url = `${scheme}://${host}:${natsPort}`;
    const connection = await connectNats({ url, caFile, user: 'vault', seed, logger });
    await connection.close();
  };

  it('lets a service in that knows its authority', () => enter('localhost', ours));

  it.each([
    ['another authority', 'localhost', () => theirs, 'tls'],
    ['no authority of ours', 'localhost', () => undefined, 'tls'],
    ['an address in the place of its name', '127.0.0.1', () => ours, 'tls'],
    ['no wish for TLS, and so no authority', 'localhost', () => undefined, 'nats'],
  ])('is not believed with %s', async (_, host, authorityOf, scheme) => {
    await expect(enter(host, authorityOf(), scheme)).rejects.toThrow(
      /certificate|issuer|signed|by its name/i,
    );
  });

  it.each([
    ['an authority is named', 'nats', () => join(ours, 'vault/internal-ca.crt')],
    ['the address says so', 'tls', () => undefined],
  ])(
    'is told nothing by a service when somebody in its place offers no TLS and %s',
    async (_, scheme, caFile) => {
      let heard = '';
      const impostor = createServer((socket) => {
        const info = {
          server_id: 'x',
          version: '2.12.8',
          proto: 1,
          max_payload: 1_048_576,
          nonce: 'abc',
          headers: true,
        };
        socket.write(`INFO ${JSON.stringify(info)}\r\n`);
        socket.on('data', (bytes) => (heard += bytes.toString())).on('error', () => undefined);
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => impostor.once('listening', resolve));
      const url = `${scheme}://localhost:${(impostor.address() as AddressInfo).port}`;
      const seed = Secret.of(readFileSync(join(ours, 'vault/nats.seed'), 'utf8').trim());
      const entering = connectNats({ url, caFile: caFile(), user: 'vault', seed, logger });
      await expect(entering).rejects.toThrow(/tls/i);
      expect(heard).toBe('');
      impostor.close();
    },
  );
});

describe('the database of a deployed installation', () => {
  verifies('D5');
  const urlWith = (host: string, parameters: string): string =>
    readFileSync(join(ours, 'vault/database-url'), 'utf8')
      .replace('@postgres:5432', `@${host}:${postgresPort}`)
      .replace(/\?.*/, parameters);
  const verified = (authorityOf: string): string =>
    `?sslmode=verify-full&sslrootcert=${encodeURIComponent(join(authorityOf, 'vault/internal-ca.crt'))}`;
  const enter = async (url: string): Promise<unknown> => {
    const database = await connectDatabase({ url: Secret.of(url), schema: 'vault', applicationName: 'test' });
    try {
      return await database.query('SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    } finally {
      await database.destroy();
    }
  };

  it('lets a service in that knows its authority, over TLS', async () => {
    expect(await enter(urlWith('localhost', verified(ours)))).toEqual([{ ssl: true, version: 'TLSv1.3' }]);
  });

  it.each([
    ['believed with another authority', 'localhost', () => verified(theirs), /certificate|issuer|signed/i],
    ['believed with another name', '127.0.0.1', () => verified(ours), /altnames|certificate/i],
    ['entered without TLS', 'localhost', () => '', /no pg_hba\.conf entry .* no encryption/],
  ])('is not %s', async (_, host, parameters, reason) => {
    await expect(enter(urlWith(host, parameters()))).rejects.toThrow(reason);
  });
});
