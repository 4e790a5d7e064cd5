import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { verifies } from '../../../tools/verifies.js';
import { AdminApi } from '../src/admin-api/admin-api.js';
import { putSecret } from '../src/secrets/put-secret.js';
import { Admin } from './admin.js';
import { captureBroker, type BrokerCapture } from './broker-capture.js';
import { modernClient, olderClient, type McpClient } from './clients.js';
import { eventually } from './eventually.js';
import { OtlpCollector } from './otlp-collector.js';
import { runCli } from './run-cli.js';
import { runUp, type RunningUp } from './run-up.js';

interface Report {
  org: string;
  member: string;
  mcp: string;
  admin: string;
  apiKey: string;
  adminKey: string;
  nats: string;
  pids: Record<string, number>;
  operations: Record<string, string>;
}

interface ExportedLine {
  record: { type: string; recordId: string; call: { intent: string | null } };
}

/** A credential and an argument that occur nowhere by chance. */
const CREDENTIAL = `canary-credential-${randomBytes(24).toString('base64url')}`;
const ARGUMENT = `canary-argument-${randomBytes(24).toString('base64url')}`;

let root: string;
let data: string;
let up: RunningUp;
let report: Report;
let admin: Admin;
let broker: BrokerCapture;
let collector: OtlpCollector;
const heard: string[] = [];

/** Gives the sample server another token, as its operator would, and stores it as the admin does. */
async function changeCredential(credential: string): Promise<void> {
  const hash = createHash('sha256').update(credential).digest('base64url');
  writeFileSync(join(data, 'secrets', 'notes-token.sha256'), hash);
  const before = up.progress().length;
  process.kill(report.pids['notes']!, 'SIGKILL');
  await eventually(() => expect(up.progress().slice(before)).toMatch(/^notes is back/m), 30_000);
  const api = new AdminApi(report.admin, report.adminKey);
  await putSecret(api, {
    server: 'notes',
    slot: 'token',
    owner: 'organisation',
    credential,
    pinnedRoots: null,
  });
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-main-job-'));
  data = join(root, 'data');
  collector = await OtlpCollector.start();
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.endpoint;
  up = await runUp(data);
  delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  report = up.report as unknown as Report;
  admin = new Admin(report.admin, report.adminKey);
  broker = await captureBroker(data, report.nats, report.pids['nats']!);
  await changeCredential(CREDENTIAL);
}, 120_000);

afterAll(async () => {
  await broker?.stop();
  if (up?.process.exitCode === null) await up.end('SIGTERM');
  collector?.stop();
  rmSync(root, { recursive: true, force: true });
}, 30_000);

describe.each([
  ['2026-07-28', modernClient],
  ['2025-11-25', olderClient],
] as const)('a client of %s', (version, connect) => {
  let client: McpClient;

  beforeAll(async () => {
    client = await connect(`${report.mcp}/notes`, report.apiKey);
  });

  afterAll(() => client.close());

  it('speaks its own revision', () => {
    verifies('B13');
    expect(client.version()).toBe(version);
  });

  it('sees only what policy allows', async () => {
    verifies('H2', 'P7');
    expect(await client.tools()).toEqual(['list_notes', 'read_note']);
  });

  it('reads, with a credential that it never sees', async () => {
    verifies('G3', 'P5');
    const text = await client.call('list_notes');
    heard.push(text);
    expect(text).toContain('Welcome');
  });

  it('is denied a write, and told which rule at which revision', async () => {
    verifies('B11', 'P7');
    const denied = await client
      .call('create_note', { title: 'No', text: ARGUMENT })
      .catch((error: Error) => error);
    heard.push(String((denied as Error).message));
    expect(denied).toMatchObject({
      code: -31003,
      data: { rule: 'default-deny', revision: expect.any(Number) },
    });
    expect((denied as Error).message).toMatch(/"default-deny" at policy revision \d+/);
  });

  it('writes at the very next call once the admin has granted it, and not once it is revoked', async () => {
    const path = `/api/users/${report.member}/roles/writer`;
    expect((await admin.json('PUT', path)).status).toBe(200);
    expect(await client.call('create_note', { title: 'Yes', text: ARGUMENT })).toContain('"title":"Yes"');
    expect((await admin.json('DELETE', path)).status).toBe(200);
    await expect(client.call('create_note', { title: 'No', text: 'x' })).rejects.toMatchObject({
      code: -31003,
    });
  });

  it('gets both servers on the aggregated endpoint', async () => {
    const all = await connect(report.mcp, report.apiKey);
    expect(await all.tools()).toEqual(expect.arrayContaining(['everything__echo', 'notes__list_notes']));
    expect(await all.call('everything__echo', { message: 'hello' })).toContain('hello');
    expect(await all.call('notes__list_notes')).toContain('Welcome');
    await all.close();
  });
});

describe('the keys that wrap everybody’s keys', () => {
  const keys = async (...args: string[]) => {
    const { code, out, err } = await runCli(
      ['keys', ...args, '--admin', report.admin, '--json'],
      report.adminKey,
    );
    return { code, err, told: out === '' ? null : (JSON.parse(out) as Record<string, unknown>) };
  };

  it('are rotated from the command line while calls go on, and the old one is retired', async () => {
    verifies('P2');
    const client = await modernClient(`${report.mcp}/notes`, report.apiKey);
    expect((await keys('rotate')).told).toEqual({ primary: 'local-1:v2' });
    expect(await keys('retire', 'local-1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('rewrap first'),
    });
    const { code, told } = await keys('rewrap', '--report', join(root, 'rotation.json'));
    expect(code).toBe(0);
    expect(told).toMatchObject({ report: { target: 'local-1:v2', unmoved: 0 }, sig: expect.any(String) });
    expect(JSON.parse(readFileSync(join(root, 'rotation.json'), 'utf8'))).toEqual(told);
    expect((await keys('retire', 'local-1')).told).toEqual({ retired: 'local-1' });
    expect(await client.call('list_notes')).toContain('Welcome');
    await client.close();
    expect((await keys('status')).told).toMatchObject({
      primary: 'local-1:v2',
      keks: [{ kekId: 'local-1:v2', seals: true }],
    });
    const { out } = await runCli(['keys', 'status', '--admin', report.admin], report.adminKey);
    expect(out).toMatch(
      /^local-1:v2 {2}seals and opens {2}\d+ owner keys\nNo rewrap is under way\.\nLast rewrap: /,
    );
    // Whoever is no admin of the home organisation is told so, and nothing else.
    const member = await runCli(['keys', 'status', '--admin', report.admin], report.apiKey);
    expect(member).toMatchObject({ code: 1, out: '' });
  }, 60_000);
});

describe('the record', () => {
  it('shows all of it in the CSV export', async () => {
    verifies('P8', 'D8', 'C4');
    const rows = parse(await admin.text('/api/audit/export?format=csv'), { columns: true }) as Record<
      string,
      string
    >[];
    const calls = rows.filter((row) => row['operation'] === 'tool.call' && row['server'] === 'notes');
    const seen = (tool: string, outcome: string) =>
      calls.filter((row) => row['tool'] === tool && row['outcome'] === outcome);
    // Two clients each read once by slug and once aggregated, wrote once, and were denied twice.
    expect(seen('list_notes', 'success').length).toBeGreaterThanOrEqual(4);
    expect(seen('create_note', 'success').length).toBeGreaterThanOrEqual(2);
    expect(seen('create_note', 'denied')).toHaveLength(4);
    for (const row of calls) expect(row).toMatchObject({ actorKind: 'user', actorId: report.member });
    expect(rows.map((row) => row['operation'])).toEqual(
      expect.arrayContaining([
        'policy.RoleGranted.v1',
        'policy.RoleRevoked.v1',
        'key.created',
        'server.connected',
        'secret.stored',
      ]),
    );
  });

  it('has an outcome for every intent', async () => {
    verifies('B1');
    await eventually(async () => {
      const lines = (await admin.text('/api/audit/export?format=jsonl&class=calls')).trim().split('\n');
      const records = lines.map((line) => (JSON.parse(line) as ExportedLine).record);
      const types = (type: string) => records.filter((record) => record.type === type);
      const closed = new Set(types('ToolCallCompleted').map((record) => record.call.intent));
      expect(types('ToolCallAuthorized').length).toBeGreaterThan(8);
      expect(types('ToolCallAuthorized').filter((record) => !closed.has(record.recordId))).toEqual([]);
    });
  });
});

/** How a secret may be written by somebody who did not mean to hide it. */
function formsOf(secret: string): Buffer[] {
  const bytes = Buffer.from(secret);
  const shifted = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  const texts = [
    secret,
    ...shifted,
    ...shifted.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ];
  const hex = bytes.toString('hex');
  return [...texts, hex, hex.toUpperCase(), [...secret].reverse().join('')].map((text) => Buffer.from(text));
}

const filesOf = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => lstatSync(path).isFile());

describe('canary search', () => {
  const holds = (content: Buffer, secret: string): boolean =>
    formsOf(secret).some((form) => content.includes(form));

  it('would find a canary', () => {
    expect(holds(Buffer.from(`{"a":"${CREDENTIAL}"}`), CREDENTIAL)).toBe(true);
    expect(holds(Buffer.from(Buffer.from(`Bearer ${CREDENTIAL}!`).toString('base64')), CREDENTIAL)).toBe(
      true,
    );
  });

  it('finds no credential and no API key in what the operator of the broker saw', () => {
    verifies('B3', 'P5', 'G3', 'S2');
    const seen = Buffer.from(broker.messages.join('\n'), 'latin1');
    // The capture is worth something: every verb of a call is in it.
    for (const subject of [
      'control.v1.authenticate',
      'policy.v1.authorize',
      'audit.v1.append',
      'vault.v1.open',
      'vault.v1.put',
    ]) {
      expect(broker.messages.some((message) => message.startsWith(subject))).toBe(true);
    }
    for (const secret of [CREDENTIAL, report.apiKey, report.adminKey])
      expect(holds(seen, secret)).toBe(false);
  });

  it('finds none in what clients heard and in exports', async () => {
    const exported = [
      await admin.text('/api/audit/export?format=csv'),
      await admin.text('/api/audit/export?format=jsonl'),
    ];
    const listed = JSON.stringify((await admin.json('GET', '/api/servers/notes/secrets')).body);
    expect(listed).toContain(CREDENTIAL.slice(-4));
    const seen = Buffer.from([...heard, ...exported, listed].join('\n'));
    for (const secret of [CREDENTIAL, report.apiKey, report.adminKey, ARGUMENT])
      expect(holds(seen, secret)).toBe(false);
  });

  it('finds none in traces and metrics', async () => {
    verifies('P5', 'D7');
    const metrics = await Promise.all(
      Object.values(report.operations).map(async (url) => (await fetch(`${url}/metrics`)).text()),
    );
    await eventually(() => {
      const services = new Set(collector.spans().map(({ service }) => service));
      expect(services.size).toBe(metrics.length);
    }, 20_000);
    const seen = Buffer.from([...collector.bodies, ...metrics].join('\n'));
    for (const secret of [CREDENTIAL, report.apiKey, report.adminKey, ARGUMENT])
      expect(holds(seen, secret)).toBe(false);
  });

  it('finds none in any byte on disk, nor in the arguments and environments of processes', async () => {
    verifies('P1', 'P5', 'P10', 'G7', 'D7');
    for (const pid of Object.values(report.pids)) {
      for (const file of ['cmdline', 'environ'].map((name) => `/proc/${pid}/${name}`)) {
        if (existsSync(file)) expect([file, holds(readFileSync(file), CREDENTIAL)]).toEqual([file, false]);
      }
    }
    // An orderly end has everything written out: what was in memory only until now is searched too.
    expect(await up.end('SIGTERM')).toBe(0);
    const files = filesOf(data);
    expect(
      files.filter((file) => /events\.sqlite|pg_wal|gateway\.log/.test(file)).length,
    ).toBeGreaterThanOrEqual(3);
    for (const file of files) {
      const content = readFileSync(file);
      for (const secret of [CREDENTIAL, ARGUMENT, report.apiKey, report.adminKey]) {
        expect([file, holds(content, secret)]).toEqual([file, false]);
      }
    }
  }, 120_000);
});
