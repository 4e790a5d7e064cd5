import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, loadPackageDefinition, Metadata, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifies } from '../../../tools/verifies.js';
import { AdminApi } from '../src/admin-api/admin-api.js';
import { putSecret } from '../src/secrets/put-secret.js';
import { Admin } from './admin.js';
import { modernClient } from './clients.js';
import { eventually } from './eventually.js';
import { runUp, type RunningUp } from './run-up.js';

interface Report {
  org: string;
  member: string;
  mcp: string;
  admin: string;
  policyGrpc: string;
  apiKey: string;
  adminKey: string;
}

interface Founded {
  organisation: string;
  admin: string;
  adminKey: string;
}

const PROTO = join(import.meta.dirname, '../../../libs/contracts/proto');

let root: string;
let up: RunningUp;
let report: Report;
let first: Admin;
let second: Admin;
let founded: Founded;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-organisations-'));
  up = await runUp(join(root, 'data'));
  report = up.report as unknown as Report;
  first = new Admin(report.admin, report.adminKey);
  // Something of the first organisation is on record before the second one exists.
  const client = await modernClient(`${report.mcp}/notes`, report.apiKey);
  await client.call('list_notes');
  await client.close();
  const answer = await first.json<Founded>('POST', '/api/organisations', {
    name: 'Second',
    admin: { name: 'Founder' },
  });
  expect(answer.status).toBe(201);
  founded = answer.body;
  second = new Admin(report.admin, founded.adminKey);
}, 120_000);

afterAll(async () => {
  if (up?.process.exitCode === null) await up.end('SIGTERM');
  rmSync(root, { recursive: true, force: true });
}, 30_000);

describe('a second organisation, through the admin API', () => {
  it('sees itself alone', async () => {
    verifies('H2', 'D3');
    for (const path of [
      '/api/organisations',
      '/api/users',
      '/api/servers',
      '/api/policy',
      '/api/audit/records',
    ]) {
      const { status, body } = await second.json('GET', path);
      expect([path, status]).toEqual([path, 200]);
      for (const foreign of [report.org, report.member, 'notes'])
        expect(JSON.stringify(body)).not.toContain(foreign);
    }
  });

  it('exports nothing of the first', async () => {
    verifies('S1', 'D3');
    for (const format of ['csv', 'jsonl']) {
      const text = await second.text(`/api/audit/export?format=${format}`);
      expect(text).toContain('policy.OrganisationRegistered.v1');
      for (const foreign of [report.org, report.member, 'notes']) expect(text).not.toContain(foreign);
    }
  });

  it.each([
    ['GET', '/api/servers/notes', undefined],
    ['PATCH', '/api/servers/notes', { name: 'Mine' }],
    ['DELETE', '/api/servers/notes', undefined],
    ['GET', '/api/servers/notes/secrets', undefined],
    ['DELETE', '/api/servers/notes/secrets/token?owner=organisation', undefined],
    ['PUT', '/api/servers/notes/tools/list_notes/label', { label: 'read' }],
    ['GET', '/api/users/MEMBER', undefined],
    ['DELETE', '/api/users/MEMBER', undefined],
    ['GET', '/api/users/MEMBER/keys', undefined],
    ['POST', '/api/users/MEMBER/keys', { name: 'Mine' }],
    ['PUT', '/api/users/MEMBER/roles/member', {}],
    ['POST', '/api/keys/KEY/regenerate', {}],
    ['DELETE', '/api/keys/KEY', undefined],
  ])('can not %s %s of the first', async (method, path, body) => {
    const own = path.replace('MEMBER', report.member).replace('KEY', report.apiKey.split('_')[1] ?? '');
    const { status } = await second.json(method, own, body);
    expect([403, 404, 409]).toContain(status);
  });

  it('leaves the first untouched', async () => {
    const { body } = await first.json<{ servers: { slug: string; name: string }[] }>('GET', '/api/servers');
    expect(body.servers.map((server) => server.slug).sort()).toEqual(['everything', 'notes']);
    const client = await modernClient(`${report.mcp}/notes`, report.apiKey);
    expect(await client.call('list_notes')).toContain('Welcome');
    await client.close();
  });

  it('can not found organisations itself', async () => {
    const { status } = await second.json('POST', '/api/organisations', {
      name: 'Third',
      admin: { name: 'X' },
    });
    expect(status).toBe(403);
  });
});

describe('a second organisation, through MCP', () => {
  it('gets 403 at a slug of the first, as at one of nobody', async () => {
    verifies('S1');
    const ask = async (slug: string) => {
      const response = await fetch(`${report.mcp}/${slug}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${founded.adminKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
      });
      // Every answer names its own request; nothing else may tell them apart.
      return [response.status, (await response.text()).replace(/"correlationId":"[0-9A-Z]{26}"/, '')];
    };
    const [status, text] = await ask('notes');
    expect(status).toBe(403);
    expect(await ask('nobodys')).toEqual([status, text]);
  });

  it('has no tools, and can call none of the first', async () => {
    const client = await modernClient(report.mcp, founded.adminKey);
    expect(await client.tools()).toEqual([]);
    await expect(client.call('notes__list_notes')).rejects.toThrow();
    await client.close();
  });

  it('gets no credential of the first for a server at the same address', async () => {
    verifies('G1');
    const servers = (await first.json<{ servers: Record<string, unknown>[] }>('GET', '/api/servers')).body
      .servers;
    const notes = servers.find((server) => server['slug'] === 'notes');
    const body = { slug: 'notes', name: 'Same place', url: notes?.['url'], slots: notes?.['slots'] };
    expect((await second.json('POST', '/api/servers', body)).status).toBe(201);
    const client = await modernClient(`${report.mcp}/notes`, founded.adminKey);
    await expect(client.tools()).rejects.toMatchObject({ data: { code: 'CREDENTIAL_MISSING' } });
    await client.close();
  });
});

describe('a second organisation, through the policy API', () => {
  interface PolicyStub {
    Check(
      request: unknown,
      metadata: Metadata,
      done: (error: ServiceError | null, reply: unknown) => void,
    ): void;
  }

  const check = (
    token: string | null,
    principal: string,
  ): Promise<{ decision: { effect: string; rule: string } }> => {
    const definition = loadSync('portcullis/policy/v1/policy.proto', {
      includeDirs: [PROTO],
      enums: String,
      keepCase: true,
    });
    const loaded = loadPackageDefinition(definition) as unknown as {
      portcullis: {
        policy: {
          v1: { PolicyService: new (address: string, c: unknown) => PolicyStub & { close(): void } };
        };
      };
    };
    const stub = new loaded.portcullis.policy.v1.PolicyService(
      report.policyGrpc,
      credentials.createInsecure(),
    );
    const metadata = new Metadata();
    if (token !== null) metadata.set('authorization', `Bearer ${token}`);
    const request = {
      principal: { user: principal },
      operation: 'OPERATION_TOOL_CALL',
      server: 'notes',
      tool: 'list_notes',
      arguments: { fields: {} },
      context: {},
    };
    return new Promise((resolve, reject) => {
      stub.Check(request, metadata, (error, reply) => {
        stub.close();
        if (error !== null) reject(error);
        else resolve(reply as { decision: { effect: string; rule: string } });
      });
    });
  };

  const tokenOf = async (admin: Admin): Promise<string> =>
    (await admin.json<{ token: string }>('POST', '/api/policy/clients', { name: 'Tool' })).body.token;

  it('is told nothing about members of the first, who are allowed in their own', async () => {
    verifies('C2');
    expect((await check(await tokenOf(first), report.member)).decision.effect).toBe('EFFECT_ALLOW');
    const foreign = await check(await tokenOf(second), report.member);
    expect(foreign.decision).toMatchObject({ effect: 'EFFECT_DENY', rule: 'not-a-member' });
  });

  it('gets no answer without a token', async () => {
    await expect(check(null, report.member)).rejects.toMatchObject({ code: 16 });
    await expect(check('pcc_01ARZ3NDEKTSV4RRFFQ69G5FAV_x', report.member)).rejects.toMatchObject({
      code: 16,
    });
  });
});

describe('a revoked key', () => {
  it('ends at the next request, everywhere', async () => {
    verifies('G4', 'D9');
    const { body } = await first.json<{ secret: string; key: string }>(
      'POST',
      `/api/users/${report.member}/keys`,
      { name: 'Second key' },
    );
    const client = await modernClient(`${report.mcp}/notes`, body.secret);
    expect(await client.call('list_notes')).toContain('Welcome');
    expect((await first.json('DELETE', `/api/keys/${body.secret.split('_')[1]}`)).status).toBeLessThan(300);
    await expect(client.call('list_notes')).rejects.toThrow(/API key/);
    await client.close().catch(() => undefined);
    // The other key of the same person is not touched.
    const other = await modernClient(`${report.mcp}/notes`, report.apiKey);
    expect(await other.call('list_notes')).toContain('Welcome');
    await other.close();
  });

  it('ends for all keys of a person who is removed', async () => {
    verifies('D9');
    expect((await first.json('DELETE', `/api/users/${report.member}`)).status).toBeLessThan(300);
    await expect(modernClient(`${report.mcp}/notes`, report.apiKey)).rejects.toThrow(/401|API key/);
  });
});

describe('who and what is gone', () => {
  interface Certified {
    records: { record: { action: { target: { id: string } }; data: Record<string, unknown> } }[];
  }
  const certificates = async (count: number) => {
    let records: Certified['records'] = [];
    await eventually(async () => {
      records = (await second.json<Certified>('GET', '/api/audit/records?action=vault.erased')).body.records;
      expect(records).toHaveLength(count);
    });
    return records.map(({ record: { action, data } }) => [action.target.id, data['what'], data['secrets']]);
  };
  const kept = async (slug: string) =>
    (await second.json<{ secrets: unknown[] }>('GET', `/api/servers/${slug}/secrets`)).body.secrets;
  const put = (key: string, slot: string, owner: 'organisation' | 'user') =>
    putSecret(new AdminApi(report.admin, key), {
      ...{ server: 'mine', slot, owner, credential: 'a credential of some length', pinnedRoots: null },
    });

  it('leaves no credential behind, and an erased user nothing that is sealed to that person', async () => {
    verifies('B5', 'D9');
    const slots = [
      { slot: 'own', owner: 'user', header: 'X-Own' },
      { slot: 'shared', owner: 'organisation' },
    ];
    const url = 'https://mcp.example.com/mcp';
    const server = await second.json<{ srv: string }>('POST', '/api/servers', {
      ...{ slug: 'mine', name: 'Mine', url, slots },
    });
    const { user } = (await second.json<{ user: string }>('POST', '/api/users', { name: 'Uma' })).body;
    const asked = { name: 'k', scopes: ['credentials'] };
    const key = (await second.json<{ secret: string }>('POST', `/api/users/${user}/keys`, asked)).body.secret;
    await put(key, 'own', 'user');
    await put(founded.adminKey, 'own', 'user');
    await put(founded.adminKey, 'shared', 'organisation');
    expect(await kept('mine')).toHaveLength(3);

    const erasure = `/api/users/${user}/erasure`;
    expect((await second.json('POST', erasure)).status).toBe(412);
    expect((await second.json('DELETE', `/api/users/${user}`)).status).toBe(204);
    expect(await kept('mine')).toHaveLength(2);
    expect(await certificates(1)).toEqual([[user, 'user', 1]]);
    expect((await first.json('POST', erasure)).status).toBe(404);
    const erased = await second.json('POST', erasure);
    expect(erased).toEqual({ status: 201, body: { secrets: 0, ownerKeys: 1, subjectKeys: 1 } });
    expect((await certificates(2))[0]).toEqual([user, 'subject', 0]);

    expect((await second.json('DELETE', '/api/servers/mine')).status).toBe(204);
    expect((await certificates(3))[0]).toEqual([server.body.srv, 'server', 2]);
  });
});
