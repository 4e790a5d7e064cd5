import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifies } from '../../../../tools/verifies.js';
import { resolveOwner } from '../../src/provision/owner.js';
import { provision } from '../../src/provision/provision.js';
import { Admin } from '../admin.js';
import { modernClient, type McpClient } from '../clients.js';
import type { DoctorReport } from '../../src/doctor/describe-findings.js';
import { eventually } from '../eventually.js';
import { faultsIn, findingOf, runDoctor } from '../run-doctor.js';
import { REPOSITORY } from './compose-file.js';
import { startFront, type Front } from './front.js';
import { runProvisioned, type RunningInstallation } from './run-provisioned.js';

const HOST = 'mcp.example.com';

let root: string;
let token: string;
let installation: RunningInstallation;
let front: Front;
let client: McpClient | undefined;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-provisioned-'));
  const directory = join(root, 'made');
  const owner = resolveOwner(undefined, { uid: process.getuid!(), gid: process.getgid!() });
  provision({ directory, host: HOST, owner });
  token = readFileSync(join(directory, 'operator', 'bootstrap-token'), 'utf8').trim();
  installation = await runProvisioned(directory, root);
  const { gateway, control } = installation.ports;
  front = await startFront(HOST, { gateway: gateway!, control: control! });
}, 180_000);

afterAll(async () => {
  await client?.close();
  await front?.close();
  await installation?.stop();
  rmSync(root, { recursive: true, force: true });
}, 60_000);

const BODY = { name: 'Acme', admin: { name: 'Ada', email: 'ada@acme.example' } };

/** As the container's health check is run. */
async function healthCheck(port: number, path = '/health/ready'): Promise<number | null> {
  const script = join(REPOSITORY, 'infra/health-check.mjs');
  const child = spawn(process.execPath, [script, `http://127.0.0.1:${port}${path}`], { stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

describe('what was provisioned, run as the compose file says', () => {
  verifies('C5');

  it('brings every service to readiness, which its health check sees', async () => {
    for (const [name, port] of Object.entries(installation.ports)) {
      await eventually(async () => expect([name, await healthCheck(port)]).toEqual([name, 0]), 30_000);
      expect([name, await healthCheck(port, '/health/nonsense')]).toEqual([name, 1]);
    }
  }, 120_000);

  it('makes the first organisation for whoever has the bootstrap token, once', async () => {
    const stranger = await new Admin(front.url, 'x'.repeat(43)).json('POST', '/api/bootstrap', BODY);
    expect(stranger.status).toBe(401);
    const operator = new Admin(front.url, token);
    const made = await operator.json<{ adminKey: string }>('POST', '/api/bootstrap', BODY);
    expect(made.status).toBe(201);
    expect((await operator.json('POST', '/api/bootstrap', { ...BODY, name: 'Other' })).status).toBe(409);
    await callThrough(new Admin(front.url, made.body.adminKey));
  }, 60_000);

  it('is found well by doctor, which asks every part whose address it is given', async () => {
    const { stores, ports } = installation;
    const places = Object.entries(stores).flatMap(([name, address]) => [`--${name}`, address]);
    const services = Object.entries(ports).map(([name, port]) => `${name}=http://127.0.0.1:${port}`);
    const args = ['--installation', join(root, 'made'), ...places, '--service', ...services, '--json'];
    const { code, stdout } = await runDoctor(...args);
    const report = JSON.parse(stdout) as DoctorReport;
    // The nats-server of this machine is older than what is to be deployed.
    expect(faultsIn(report).filter((fault) => fault !== 'warn nats')).toEqual(['warn root-key']);
    expect(findingOf(report, 'nats').reason).toContain('6 users were let in');
    expect(findingOf(report, 'postgres').reason).toContain('9 roles were let in');
    for (const name of ['eventstore', ...Object.keys(ports)])
      expect(findingOf(report, name)).toMatchObject({ status: 'ok' });
    expect(code).toBe(0);
  }, 60_000);

  /** A first server, and a governed call of it. */
  async function callThrough(admin: Admin): Promise<void> {
    const server = { slug: 'everything', name: 'Everything', url: installation.upstream };
    const rule = { id: 'read', effect: 'allow', subjects: { roles: ['member'] } };
    const everywhere = { servers: ['*'], tools: ['*'], labels: ['read'] };
    const steps = [
      await admin.json('POST', '/api/servers', server),
      await admin.json('PUT', '/api/servers/everything/tools/echo/label', { label: 'read' }),
      await admin.json('POST', '/api/rules', { ...rule, ...everywhere }),
    ];
    expect(steps.map(({ status }) => Math.trunc(status / 100))).toEqual([2, 2, 2]);
    const user = await admin.json<{ user: string }>('POST', '/api/users', { name: 'Mia' });
    const path = `/api/users/${user.body.user}/keys`;
    const key = await admin.json<{ secret: string }>('POST', path, { name: 'laptop' });
    client = await modernClient(`${front.url}/mcp/everything`, key.body.secret);
    expect(await client.tools()).toEqual(['echo']);
    expect(await client.call('echo', { message: 'through all of it' })).toContain('through all of it');
    await eventually(async () => {
      const records = await admin.text('/api/audit/export?format=csv&tool=echo');
      expect(records).toMatch(/echo.*success/);
    }, 15_000);
  }
});
