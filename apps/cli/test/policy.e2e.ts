import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifies } from '../../../tools/verifies.js';
import { Admin } from './admin.js';
import { eventually } from './eventually.js';
import { runCli } from './run-cli.js';
import { runUp, type RunningUp } from './run-up.js';

let root: string;
let running: RunningUp;
let key: string;
let admin: Admin;
const file = (name: string): string => join(root, name);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-policy-'));
  running = await runUp(join(root, 'data'));
  key = (running.report as unknown as { adminKey: string }).adminKey;
  admin = new Admin(running.report.admin, key);
}, 90_000);

afterAll(async () => {
  if (running?.process.exitCode === null) await running.end('SIGTERM');
  rmSync(root, { recursive: true, force: true });
});

const policy = (...args: string[]) => runCli(['policy', ...args], key);

const at = (): string[] => ['--admin', running.report.admin];

it('policy as code: export, test, plan, apply, roll back', async () => {
  verifies('B7');
  const exported = await policy('export', ...at(), '--output', file('policy.yaml'));
  expect(exported).toEqual({ code: 0, out: '', err: '' });
  const catalogue = await policy('export', ...at(), '--catalogue', '--output', file('catalogue.json'));
  expect(catalogue.code).toBe(0);
  const before = await admin.json<{ version: string }>('GET', '/api/policy');

  // What was exported applies back to the same version: nothing would change.
  const same = await policy('plan', file('policy.yaml'), ...at());
  expect(same).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining(`Nothing would change. The policy is ${before.body.version}`),
  });

  const changed = readFileSync(file('policy.yaml'), 'utf8').replace(
    'effect: allow',
    `effect: allow\n    when: { principal.kind: user }`,
  );
  writeFileSync(file('policy.yaml'), changed);
  expect(await policy('test', file('policy.yaml'), '--catalogue', file('catalogue.json'))).toMatchObject({
    code: 0,
  });
  const plan = await policy('plan', file('policy.yaml'), ...at());
  expect(plan.code).toBe(3);
  expect(plan.out).toContain('+ when: {"principal.kind":"user"}');
  expect(plan.out).toMatch(/notes\/list_notes: always -> depends: 01\w+/);

  const applied = await policy('apply', file('policy.yaml'), ...at(), '--json');
  expect(applied.code).toBe(0);
  const { version, revision } = JSON.parse(applied.out) as { version: string; revision: number };
  expect((await admin.json('GET', '/api/policy')).body).toMatchObject({ version, revision });
  await eventually(async () => {
    const { body } = await admin.json<{ records: { record: { action: object } }[] }>(
      'GET',
      '/api/audit/records?class=admin&limit=5',
    );
    expect(body.records.map(({ record }) => record.action)).toContainEqual(
      expect.objectContaining({ target: { type: 'policy', id: version } }),
    );
  });

  // A plan that was made before the policy changed is not applied.
  const stale = await policy('apply', file('policy.yaml'), ...at(), '--basis', before.body.version);
  expect(stale).toMatchObject({ code: 2, err: expect.stringContaining('has changed since') });

  const { member } = running.report as unknown as { member: string };
  const why = await policy('explain', 'notes/create_note', ...at(), '--user', member);
  expect(why.code).toBe(0);
  expect(why.out).toContain('Denied by rule "default-deny"');

  const { code, out } = await policy('coverage', ...at(), '--days', '1');
  expect([code, out]).toEqual([
    0,
    expect.stringContaining('No call was decided by members-read, writers-write'),
  ]);

  const simulated = await policy('simulate', file('policy.yaml'), ...at(), '--from', '2026-01-01');
  expect(simulated).toMatchObject({
    code: 0,
    out: expect.stringContaining('No decision would have been another'),
  });

  writeFileSync(file('broken.yaml'), changed.replace('notes:', 'notez:'));
  const broken = await policy('apply', file('broken.yaml'), ...at());
  expect(broken.code).toBe(1);
  expect(broken.out).toMatch(/broken\.yaml:\d+:\d+: error unknown-server: there is no server "notez"/);

  expect((await policy('rollback', version, ...at())).code).toBe(0);
}, 60_000);

/** A call of the sample server, as an AI client makes it. */
async function callNote(id: number): Promise<string> {
  const response = await fetch(`${running.report.mcp}/notes`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${running.report.apiKey}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name: 'read_note', arguments: { id } },
    }),
  });
  return response.text();
}

it('a simulation opens what records hold sealed, by leave that is recorded, and tells no value', async () => {
  verifies('B2', 'B6');
  const denying = (id: number) =>
    `  - { id: not-that-note, effect: deny, subjects: { everyone: true }, servers: [notes], tools: [read_note], when: { arguments.id: ${id} } }\n`;
  expect((await policy('export', ...at(), '--output', file('notes.yaml'))).code).toBe(0);
  const exported = readFileSync(file('notes.yaml'), 'utf8');
  const withRule = (text: string) => exported.replace(/^rules:\n/m, `rules:\n${text}`);
  writeFileSync(file('notes.yaml'), withRule(denying(400_000)));
  expect(await policy('apply', file('notes.yaml'), ...at())).toMatchObject({ code: 0 });
  for (const id of [711_001, 711_002, 711_001]) {
    expect(await callNote(id)).toContain('"result"');
  }

  writeFileSync(file('candidate.yaml'), withRule(denying(711_001)));
  const simulate = (...more: string[]) =>
    policy('simulate', file('candidate.yaml'), ...at(), '--from', '2026-01-01', '--json', ...more);
  const shut = await simulate();
  expect([shut.code, JSON.parse(shut.out)]).toMatchObject([
    0,
    { inexact: [{ reason: 'arguments_sealed', calls: 3 }] },
  ]);
  const opened = await simulate('--sealed');
  expect([opened.code, JSON.parse(opened.out)]).toMatchObject([
    3,
    { calls: { exactShare: 1 }, flips: { total: 2 }, inexact: [], sealed: { sections: 3 } },
  ]);
  expect(opened.out + opened.err).not.toContain('711001');

  const { body } = await admin.json<{ records: { record: { action: { op: string }; data: object } }[] }>(
    'GET',
    '/api/audit/records?class=admin&limit=20',
  );
  const readings = body.records.filter(({ record }) => record.action.op === 'sealed.read');
  expect(readings.map(({ record }) => record)).toMatchObject([
    {
      type: 'AdminActionAuthorized',
      action: { target: { type: 'sealed-sections', id: 'simulation' } },
      data: { purpose: 'simulation', from: '2026-01-01T00:00:00.000Z' },
    },
  ]);
}, 60_000);
