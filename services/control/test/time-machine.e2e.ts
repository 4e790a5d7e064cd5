import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AppError,
  canonicalJson,
  VERBS,
  verifyToken,
  type SimulateReply,
  type SimulationReport,
} from '@portcullis/contracts';
import { verifies } from '../../../tools/verifies.js';
import {
  bootstrap,
  createTenant,
  startFixture,
  type ControlFixture,
  type Tenant,
} from './control-fixture.js';

const HASH = 'A'.repeat(43);
const AT = { revision: 41, time: '2026-01-01T00:00:00.000Z' };
const PERIOD = { from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' };
const REPORT: SimulationReport = {
  v: 1,
  calls: { total: 7, exact: 6, exactShare: 0.857142 },
  flips: {
    total: 0,
    byDecision: [],
    byRule: [],
    byUser: [],
    byTool: [],
    others: { byRule: 0, byUser: 0, byTool: 0 },
  },
  inexact: [],
  log: { digest: HASH, rows: 7 },
  period: PERIOD,
  policy: { basis: 'then', current: { ...AT, digest: HASH, version: HASH }, candidate: null },
};

let fixture: ControlFixture;
let home: Tenant;
let other: Tenant;
/** What policy answers next to a simulation. */
let answers: SimulateReply[];

beforeAll(async () => {
  fixture = await startFixture();
  home = await bootstrap(fixture);
  other = await createTenant(fixture, home, 'Other');
  const { responder } = fixture.policy;
  const decision = {
    decision: 'allow' as const,
    decisionId: '01JD0000000000000000000001',
    revision: 41,
    policyDigest: HASH,
    rule: 'members-read',
    label: 'read' as const,
    reasons: [],
    message: 'Allowed.',
  };
  responder.serve(VERBS.decideAt, () => ({ at: AT, decision }));
  responder.serve(VERBS.whoCould, () => ({
    at: AT,
    policyDigest: HASH,
    srv: '01JD0000000000000000000SRV',
    label: 'read' as const,
    users: [{ user: home.admin, conditional: false, rules: ['members-read'], unless: [] }],
    complete: true,
    next: null,
  }));
  responder.serve(VERBS.simulate, ({ cancel }) =>
    cancel === true ? { state: 'cancelled' as const, revision: 41 } : answers.shift()!,
  );
}, 60_000);
afterAll(() => fixture?.stop());
beforeEach(() => {
  fixture.policy.responder.requests.length = 0;
  answers = [];
});

const get = (path: string, key = home.key) => fixture.api('GET', path, { key });
const asked = <Request>(verb: Parameters<typeof fixture.policy.responder.of<Request>>[0]) =>
  fixture.policy.responder.of(verb);
const running = (calls: number): SimulateReply => ({ state: 'running', revision: 41, calls, until: AT.time });
const done: SimulateReply = { state: 'done', revision: 41, report: canonicalJson(REPORT as never) };

describe('the time machine over the admin API', () => {
  verifies('B6');

  it('asks policy about a moment as the admin', async () => {
    const args = encodeURIComponent('{"size":3}');
    const path = `/api/policy/at?time=${AT.time}&principal=${home.admin}&server=notes&tool=list&arguments=${args}&scopes=mcp%20mcp:write`;
    expect(await get(path)).toMatchObject({
      status: 200,
      body: { at: AT, decision: { rule: 'members-read' } },
    });
    const [request] = asked(VERBS.decideAt);
    expect(request).toMatchObject({
      at: { time: AT.time },
      question: {
        principal: home.admin,
        operation: 'tool.call',
        server: 'notes',
        tool: 'list',
        arguments: { size: 3 },
        context: {},
        scopes: ['mcp', 'mcp:write'],
      },
    });
    const keyring = fixture.trust.keyring('policy');
    const claims = verifyToken(keyring, 'pc-principal+jwt', 'control', request!.assertion, new Date());
    expect(claims).toMatchObject({ org: home.org, sub: home.admin });
  });

  it('lists who could use a tool', async () => {
    const answer = await get('/api/policy/who-could?revision=41&server=notes&tool=list&limit=5');
    expect(answer).toMatchObject({ status: 200, body: { complete: true, users: [{ user: home.admin }] } });
    expect(asked(VERBS.whoCould)[0]).toMatchObject({ at: { revision: 41 }, limit: 5, cursor: null });
  });

  it.each([
    '/api/policy/who-could?server=notes&tool=list',
    `/api/policy/who-could?revision=1&time=${AT.time}&server=notes&tool=list`,
    `/api/policy/at?revision=1&principal=01JD0000000000000000000001&server=notes&arguments=%7Ba`,
  ])('refuses %s', async (path) => {
    expect(await get(path)).toMatchObject({ status: 400, body: { code: 'INVALID_ARGUMENT' } });
  });

  it('vouches for the admin towards the vault where sealed sections are to be opened, each time anew', async () => {
    answers = [running(0), running(3), done];
    const body = { ...PERIOD, sealed: true };
    const started = await fixture.api('POST', '/api/policy/simulations', { key: home.key, body });
    await get(`/api/policy/simulations/${started.body.simulation}`);
    await fixture.api('POST', '/api/policy/simulations', { key: home.key, body: PERIOD });
    const [first, second, without] = asked(VERBS.simulate);
    const vault = fixture.trust.keyring('vault');
    for (const request of [first, second]) {
      expect(request!.simulation.sealed).toBe(true);
      const assertion = request!.vaultAssertion!;
      const claims = verifyToken(vault, 'pc-principal+jwt', 'control', assertion, new Date());
      expect(claims).toMatchObject({ org: home.org, sub: home.admin });
    }
    expect(second!.vaultAssertion).not.toBe(first!.vaultAssertion);
    expect(without).not.toHaveProperty('vaultAssertion');
    expect(without!.simulation).not.toHaveProperty('sealed');
  });

  it('runs a simulation: started, asked after under the same revision, and kept when it is done', async () => {
    answers = [running(0), running(3), done];
    const started = await fixture.api('POST', '/api/policy/simulations', { key: home.key, body: PERIOD });
    expect(started).toMatchObject({ status: 201, body: { state: 'running', report: null } });
    const path = `/api/policy/simulations/${started.body.simulation}`;
    expect(await get(`${path}/report`)).toMatchObject({ status: 412 });
    expect(await get(path)).toMatchObject({ status: 200, body: { state: 'running', calls: 3 } });
    expect(await get(path)).toMatchObject({ status: 200, body: { state: 'done', calls: 7, report: REPORT } });
    const wanted = { document: null, ...PERIOD, basis: 'then' };
    expect(asked(VERBS.simulate).map(({ simulation }) => simulation)).toEqual([
      { ...wanted, revision: null },
      { ...wanted, revision: 41 },
      { ...wanted, revision: 41 },
    ]);
    // Policy is not asked any more.
    expect(await get(path)).toMatchObject({ status: 200, body: { state: 'done' } });
    const raw = await fetch(`${fixture.url}${path}/report`, {
      headers: { authorization: `Bearer ${home.key}` },
    });
    expect(await raw.text()).toBe(canonicalJson(REPORT as never));
  });

  it('shows, cancels and removes those of the organisation alone', async () => {
    answers = [running(0)];
    const { body } = await fixture.api('POST', '/api/policy/simulations', { key: home.key, body: PERIOD });
    const path = `/api/policy/simulations/${body.simulation}`;
    for (const [method, at] of [
      ['GET', path],
      ['GET', `${path}/report`],
      ['DELETE', path],
    ] as const) {
      expect((await fixture.api(method, at, { key: other.key })).status).toBe(404);
    }
    expect((await fixture.api('DELETE', path, { key: home.key })).status).toBe(204);
    expect(asked(VERBS.simulate).at(-1)).toMatchObject({ cancel: true, simulation: { revision: 41 } });
    expect((await get(path)).status).toBe(404);
  });

  it('keeps nothing that policy refuses', async () => {
    fixture.policy.responder.failNext(
      VERBS.simulate,
      new AppError('INVALID_ARGUMENT', 'There is no server "x".'),
    );
    const refused = await fixture.api('POST', '/api/policy/simulations', { key: home.key, body: PERIOD });
    expect(refused).toMatchObject({ status: 400, body: { detail: 'There is no server "x".' } });
  });
});
