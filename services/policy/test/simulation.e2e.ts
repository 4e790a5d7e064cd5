import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AppError,
  newId,
  simulationReportSchema,
  VERBS,
  type AuthorizeRequest,
  type DecidedCall,
  type PolicyDocument,
  type Rule,
  type SimulateReply,
  type Simulation,
  type SimulationReport,
} from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { decidedRow } from './support/decided-row.js';
import { startDecidedCallsPeer, type DecidedCallsPeer } from './support/decided-calls-peer.js';
import { PolicyInstallation, type Who } from './support/policy-installation.js';
import { foundOrganisation, READS, type SampleOrganisation } from './support/sample-organisation.js';

let installation: PolicyInstallation;
let home: SampleOrganisation;
let audit: DecidedCallsPeer;

const small: Rule = {
  ...READS,
  id: 'short-notes',
  labels: ['write'],
  when: { 'arguments.size': { $lte: 9 } },
};
/** What is in force when the last of the calls is made, as a document. */
const IN_FORCE: PolicyDocument = {
  roles: {},
  groups: {},
  servers: {},
  rules: [READS, small] as PolicyDocument['rules'],
  guards: [],
};
const PERIOD = { from: '2020-01-01T00:00:00.000Z', to: new Date(Date.now() - 1).toISOString() };

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  home = await foundOrganisation(installation);
  audit = await startDecidedCallsPeer(installation.audit.connection, installation.trust.keyring('audit'));
  const { member } = home;
  audit.rows = [
    await decided(member, { tool: 'list_notes' }),
    await decided(member, { tool: 'create_note', arguments: { size: 3 } }),
  ];
  await installation.command(home.admin, { type: 'AddRule', rule: small });
  audit.rows.push(
    await decided(member, { tool: 'list_notes', context: { transport: 'http', ip: '192.0.2.1' } }),
    await decided(member, { tool: 'create_note', arguments: { size: 3 } }),
    await decided(member, { tool: 'create_note', arguments: { size: 30 } }),
    await decided(member, { operation: 'catalog.read', tool: null, arguments: null, observedDigest: null }),
    await decided(home.admin, { tool: 'list_notes' }),
  );
});
afterAll(() => installation?.stop());
beforeEach(() => {
  audit.asked.length = 0;
  audit.before = () => Promise.resolve();
  audit.page = 2;
});

async function decided(who: Who, change: Partial<AuthorizeRequest>): Promise<DecidedCall> {
  const time = `2026-01-01T00:00:0${(audit?.rows.length ?? 0) % 10}.000Z`;
  return (await decidedRow(installation, who, { srv: home.srv, ...change, time })).row;
}

const simulation = (change: Partial<Simulation> = {}): Simulation => ({
  document: IN_FORCE,
  ...PERIOD,
  basis: 'then',
  revision: null,
  ...change,
});

async function ask(wanted: Simulation, who: Who = home.admin, cancel?: true): Promise<SimulateReply> {
  const control = await installation.as('control');
  const request = { assertion: installation.assertion(who), simulation: wanted };
  return control.call(VERBS.simulate, cancel === undefined ? request : { ...request, cancel });
}

async function bytesOf(change: Partial<Simulation> = {}): Promise<string> {
  const reply = await ask(simulation(change));
  if (reply.state !== 'done') throw new Error(`it is ${reply.state}`);
  return reply.report;
}
const report = async (change: Partial<Simulation> = {}): Promise<SimulationReport> =>
  simulationReportSchema.parse(JSON.parse(await bytesOf(change)));

describe('a simulation', () => {
  verifies('B6');

  it('of nothing finds every call decided as its record says', async () => {
    expect(await report({ document: null })).toMatchObject({
      calls: { total: 7, exact: 7, exactShare: 1 },
      flips: { total: 0 },
      inexact: [],
      policy: { candidate: null },
    });
  });

  it('of the same policy differs only where the policy was another one then', async () => {
    const { calls, flips, inexact, policy } = await report();
    expect(calls).toMatchObject({ total: 7, exact: 6 });
    expect(flips.total).toBe(0);
    // Before the rule was there: its record can't tell whether the note was short.
    expect(inexact).toEqual([{ reason: 'arguments_sealed', calls: 1, samples: [audit.rows[1]?.[0]] }]);
    expect(policy.candidate?.version).toBe(policy.current.version);
  });

  it('tells flips by decision, rule, user and tool', async () => {
    const rules = [
      { ...READS, id: 'all', labels: undefined },
      { ...READS, id: 'no-lists', effect: 'deny', tools: ['list_*'], subjects: { users: [home.member.sub] } },
    ];
    const document = JSON.parse(JSON.stringify({ ...IN_FORCE, rules })) as PolicyDocument;
    const { calls, flips } = await report({ document });
    expect(calls.exact).toBe(7);
    expect(
      flips.byRule.map(({ from, to, calls: count }) => [
        from.decision,
        from.rule,
        to.decision,
        to.rule,
        count,
      ]),
    ).toEqual([
      ['allow', 'members-read', 'deny', 'no-lists', 2],
      ['deny', 'default-deny', 'allow', 'all', 2],
    ]);
    expect(flips.byUser.map(({ user, calls: count }) => [user, count])).toEqual([
      [home.member.sub, 2],
      [home.member.sub, 2],
    ]);
    expect(flips.byTool.map(({ tool }) => tool).sort()).toEqual(['create_note', 'list_notes']);
    expect(flips.byDecision[0]?.samples).toHaveLength(2);
  });

  it('is the same bytes each time, whatever the pages, and names log, period and policies', async () => {
    const first = await bytesOf();
    audit.page = 100;
    await ask(simulation(), home.admin, true);
    expect(await bytesOf()).toBe(first);
    const { log, period, policy } = JSON.parse(first) as SimulationReport;
    const lines = audit.rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    expect(log).toEqual({ digest: createHash('sha256').update(lines).digest('base64url'), rows: 7 });
    expect(period).toEqual(PERIOD);
    expect(policy.current.digest).toMatch(/^[\w-]{43}$/);
  });

  it('asks for the calls of the organisation and period alone', async () => {
    await bytesOf({ from: '2025-01-01T00:00:00.000Z', to: '2026-01-01T00:00:01.000Z' });
    expect(audit.asked.map(({ org, from, to }) => ({ org, from, to }))).toEqual([
      { org: home.org, from: '2025-01-01T00:00:00.000Z', to: '2026-01-01T00:00:01.000Z' },
    ]);
  });

  it('of today says what is gone instead of blaming the policy', async () => {
    const user = newId();
    await installation.command(home.admin, { type: 'AddMember', user });
    audit.rows.push(await decided({ ...home.member, sub: user, sid: 'another' }, {}));
    await installation.command(home.admin, { type: 'RemoveMember', user });
    const { inexact } = await report({ basis: 'now', document: null });
    expect(inexact).toContainEqual({ reason: 'member_gone', calls: 1, samples: [audit.rows[7]?.[0]] });
    audit.rows.pop();
  });

  it('does not go on from a revision that policy does not have, or a decision that it did not make', async () => {
    const [first] = audit.rows;
    const change = (at: number, value: unknown): DecidedCall =>
      first!.map((field, index) => (index === at ? value : field)) as DecidedCall;
    audit.rows.push(change(14, 999), change(13, 'another-rule'));
    const { inexact } = await report({ document: null, to: '2026-01-01T00:00:01.000Z' });
    expect(inexact.map(({ reason, calls }) => [reason, calls])).toEqual([
      ['not_reproduced', 1],
      ['policy_unknown', 1],
    ]);
    audit.rows.splice(-2);
  });

  it('says how far it is, and ends when it is cancelled', async () => {
    let answered = 0;
    audit.page = 1;
    audit.before = () => (++answered < 4 ? Promise.resolve() : new Promise(() => undefined));
    const wanted = simulation({ from: '2019-01-01T00:00:00.000Z' });
    const reply = await ask(wanted);
    expect(reply).toMatchObject({ state: 'running', calls: 3, until: audit.rows[2]?.[1] });
    await expect(ask(simulation({ from: '2018-01-01T00:00:00.000Z' }))).rejects.toMatchObject({
      code: 'RATE_LIMITED',
    });
    expect(
      await ask({ ...wanted, revision: reply.state === 'running' ? reply.revision : 0 }, home.admin, true),
    ).toMatchObject({ state: 'cancelled' });
    audit.before = () => Promise.resolve();
    await eventually(async () => expect((await ask(wanted)).state).toBe('done'));
  }, 30_000);

  it('waits for a search view that is behind, and tells of what stays wrong', async () => {
    let asked = 0;
    audit.before = () => (++asked < 3 ? Promise.reject(new AppError('STALE', 'behind')) : Promise.resolve());
    expect((await ask(simulation({ from: '2017-01-01T00:00:00.000Z' }))).state).toBe('done');
    audit.before = () => Promise.reject(new AppError('INTERNAL', 'broken'));
    await expect(ask(simulation({ from: '2016-01-01T00:00:00.000Z' }))).rejects.toMatchObject({
      code: 'INTERNAL',
    });
  });

  it('is for admins, of a period that has ended, with a document that could be applied', async () => {
    await expect(ask(simulation(), home.member)).rejects.toMatchObject({ code: 'DENIED_BY_POLICY' });
    const refused: Partial<Simulation>[] = [
      { to: '2999-01-01T00:00:00.000Z' },
      { from: PERIOD.to, to: PERIOD.from },
      { document: { ...IN_FORCE, servers: { nowhere: { tools: {} } } } },
      { revision: 1_000_000 },
    ];
    for (const change of refused) {
      await expect(ask(simulation(change))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    expect(audit.asked).toEqual([]);
  });
});
