// The vault as it is deployed, a process of its own, with broker and PostgreSQL; what policy, audit and control would state
// is made here with their real keys.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseIJson, REPLY_HEADER, REQUEST_HEADER, Secret, VERBS } from '@portcullis/contracts';
import { migrate, ServiceCallerAuthenticator } from '@portcullis/platform';
import { LeaseGrantor, startNats, startPostgres, testTrust } from '@portcullis/platform/testing';
import { headers } from '@nats-io/transport-node';
import { Client } from 'pg';
import { MIGRATIONS } from '../dist/storage/migrations.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** No limit of the vault's own comes into play. */
const UNLIMITED = String(1_000_000);

export async function startInstallation() {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  const [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
  const trust = testTrust();
  const urls = await postgres.database('vault');
  await migrate({ ownerUrl: urls.ownerUrl, schema: 'vault', migrations: MIGRATIONS });
  const connections = { control: await nats.connectAs('control'), audit: await nats.connectAs('audit') };
  new LeaseGrantor(connections.control, trust.keyring('control'));
  takeFacts(connections.audit, trust.keyring('audit'));
  await Promise.all(Object.values(connections).map((connection) => connection.flush()));
  const database = new Client({
    connectionString: superuser(postgres, urls),
    options: '-c search_path=vault',
  });
  await database.connect();
  const rootSecret = randomBytes(48).toString('base64');
  const vault = await startVault({
    LOG_LEVEL: 'error',
    NATS_URL: nats.url,
    NATS_NKEY_SEED_FILE: write(directory, 'seed', nats.seedOf('vault').revealText()),
    DATABASE_URL_FILE: write(directory, 'app', urls.appUrl.revealText()),
    DATABASE_JOB_URL_FILE: write(directory, 'job', urls.jobUrl.revealText()),
    VAULT_ROOT_SECRET_FILE: write(directory, 'root', rootSecret),
    VAULT_OPENS_PER_SECOND_ORGANISATION: UNLIMITED,
    VAULT_OPENS_PER_SECOND_SERVER: UNLIMITED,
    VAULT_OPENS_PER_SECOND_USER: UNLIMITED,
    ...trust.files('vault'),
  });
  return {
    ...{ nats, trust, database, vault, connections },
    rootSecret: () => Secret.of(Buffer.from(rootSecret)),
    stop: async () => {
      await vault.stop();
      await database.end();
      await Promise.all(Object.values(connections).map((connection) => connection.close()));
      await Promise.all([nats.stop(), postgres.stop()]);
      trust.clean();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function superuser(postgres, urls) {
  const url = new URL(postgres.superuserUrl.revealText());
  url.pathname = new URL(urls.appUrl.revealText()).pathname;
  return url.toString();
}

function write(directory, name, content) {
  const path = join(directory, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

async function startVault(env) {
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  process.once('exit', () => child.kill());
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]);
  if (typeof line !== 'string') throw new Error('The vault has ended instead of getting ready');
  return {
    pid: child.pid,
    residentMiB: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Audit, as far as the vault's facts go: each is recorded, and nothing that came later. */
function takeFacts(connection, keyring) {
  const authenticator = new ServiceCallerAuthenticator(keyring, () => new Date());
  const serve = (verb, answer) =>
    connection.subscribe(verb.subject, {
      queue: 'audit',
      callback: (_error, message) => {
        const token = message.headers?.get(REQUEST_HEADER) ?? '';
        const { signReply } = authenticator.authenticate(verb, message.data, token);
        const body = Buffer.from(JSON.stringify(answer(verb.request.parse(parseIJson(message.data)))));
        const signed = headers();
        signed.set(REPLY_HEADER, signReply(body));
        message.respond(body, { headers: signed });
      },
    });
  serve(VERBS.append, ({ entries }) => ({
    results: entries.map(({ recordId }, revision) => ({
      ...{ status: 'recorded', recordId, stream: 'audit-bench', revision, receipt: null },
    })),
  }));
  serve(VERBS.recorded, ({ recordIds }) => ({ recorded: recordIds.map(() => false) }));
}
