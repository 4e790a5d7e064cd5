import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AppError,
  canonicalJson,
  newId,
  referencedArguments,
  simulationReportSchema,
  VERBS,
  type AuthorizeRequest,
  type PolicyDocument,
  type Rule,
  type SealedBox,
  type SimulateReply,
  type Simulation,
  type SimulationReport,
} from '@portcullis/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { createLogger } from '@portcullis/platform';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { loadConfig } from '../src/config.js';
import { startPolicy } from '../src/start-policy.js';
import { decidedRow } from './support/decided-row.js';
import { startDecidedCallsPeer, type DecidedCallsPeer } from './support/decided-calls-peer.js';
import { PolicyInstallation, type Who } from './support/policy-installation.js';
import { foundOrganisation, READS, type SampleOrganisation } from './support/sample-organisation.js';
import { serveVerb } from './support/serve-verb.js';
import { VaultPeer } from './support/vault-peer.js';

const CANARY = 'canary-of-an-argument-4711';
const ADDRESS = '192.0.2.77';
const logs: string[] = [];
const wire: Buffer[] = [];
const connections: NatsConnection[] = [];
let installation: PolicyInstallation;
let home: SampleOrganisation;
let calls: DecidedCallsPeer;
let vault: VaultPeer;
/** The sealed sections of the calls, by record. */
const boxes = new Map<string, SealedBox | null>();
/** How many sections audit answers at once, and what it was asked for. */
let atOnce = 100;
const fetched: string[][] = [];

const writes = (when: Rule['when']): Rule => ({ ...READS, id: 'writes', labels: ['write'], when });
const documentOf = (...rules: Rule[]): PolicyDocument => ({
  roles: {},
  groups: {},
  servers: {},
  rules: JSON.parse(JSON.stringify([READS, ...rules])),
  guards: [],
});
const PERIOD = { from: '2020-01-01T00:00:00.000Z', to: new Date(Date.now() - 1).toISOString() };

beforeAll(async () => {
  const sink = new PassThrough().on('data', (line: Buffer) => logs.push(line.toString('utf8')));
  installation = await PolicyInstallation.start((environment) =>
    startPolicy(loadConfig(environment), createLogger('policy', 'trace', sink)),
  );
  const operator = await installation.nats.connectAsOperator();
  const vaults = await installation.nats.connectAs('vault');
  connections.push(operator, vaults);
  operator.subscribe('>', { callback: (_error, message) => void wire.push(Buffer.from(message.data)) });
  home = await foundOrganisation(installation);
  const { connection } = installation.audit;
  const keyring = installation.trust.keyring('audit');
  calls = await startDecidedCallsPeer(connection, keyring);
  calls.page = 100;
  await serveVerb({ connection, keyring }, VERBS.sealedSections, ({ recordIds }) => {
    fetched.push(recordIds);
    const sections = recordIds.map((recordId) => ({ recordId, box: boxes.get(recordId) ?? null }));
    return { sections: sections.slice(0, atOnce) };
  });
  vault = await VaultPeer.start(vaults, installation.trust.keyring('vault'));
  const limit = writes({ 'arguments.size': { $lte: 100 }, 'arguments.to': { $exists: true } });
  await installation.command(home.admin, { type: 'AddRule', rule: limit });
  for (const size of [3, 30, 300]) await call(home.member, { size, to: CANARY });
  await call(home.member, null);
}, 60_000);
afterAll(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await installation?.stop();
});
beforeEach(() => {
  fetched.length = 0;
  vault.asked.length = 0;
  vault.before = () => Promise.resolve();
  atOnce = 100;
  // Of this test alone: what a simulation came to is remembered.
  period += 1000;
});
let period = Date.parse(PERIOD.from);

/** A call of `create_note` with these arguments, or of `list_notes`. */
async function call(who: Who, args: AuthorizeRequest['arguments']): Promise<string> {
  const tool = args === null ? 'list_notes' : 'create_note';
  const time = new Date(Date.parse('2026-01-01T00:00:00.000Z') + calls.rows.length * 1000).toISOString();
  const context = { transport: 'http', ip: ADDRESS } as const;
  const asked = { srv: home.srv, tool, arguments: args ?? {}, context, time };
  const { row, answer } = await decidedRow(installation, who, asked);
  const values = referencedArguments(answer.argumentPaths ?? [], args ?? {});
  const personal = { ip: ADDRESS, userAgent: 'x', argumentSalt: answer.argumentSalt };
  const section = values.length === 0 ? personal : { ...personal, arguments: values };
  calls.rows.push(row);
  boxes.set(row[0], vault.seal(home.org, who.sub, section));
  return row[0];
}

const simulation = (document: PolicyDocument, change: Partial<Simulation> = {}): Simulation => ({
  document,
  from: new Date(period).toISOString(),
  to: PERIOD.to,
  basis: 'then',
  revision: null,
  sealed: true,
  ...change,
});

async function ask(wanted: Simulation, who: Who = home.admin, cancel?: true): Promise<SimulateReply> {
  const control = await installation.as('control');
  return control.call(VERBS.simulate, {
    assertion: installation.assertion(who),
    vaultAssertion: installation.assertion(who, 'vault'),
    simulation: wanted,
    ...(cancel === undefined ? {} : { cancel }),
  });
}

async function bytesOf(wanted: Simulation): Promise<string> {
  let reply = await ask(wanted);
  while (reply.state === 'running') reply = await ask({ ...wanted, revision: reply.revision });
  if (reply.state !== 'done') throw new Error(`it is ${reply.state}`);
  return reply.report;
}
const report = async (wanted: Simulation): Promise<SimulationReport> =>
  simulationReportSchema.parse(JSON.parse(await bytesOf(wanted)));
const recorded = () => installation.audit.entries.filter(({ kind }) => kind === 'reading');
const ids = () => calls.rows.map(([recordId]) => recordId);

const lower = documentOf(writes({ 'arguments.size': { $lte: 10 } }));
const elsewhere = documentOf(writes({ 'context.ip': { $cidr: ['198.51.100.0/24'] } }));

describe('a simulation that may open sealed sections', () => {
  verifies('B6');

  it('decides by arguments and addresses what it could not have decided without', async () => {
    const { sealed: _sealed, ...without } = simulation(lower);
    const sealed = await report(without);
    expect(sealed).toMatchObject({
      calls: { total: 4, exact: 1 },
      inexact: [{ reason: 'arguments_sealed' }],
    });
    expect(sealed).not.toHaveProperty('sealed');
    expect([fetched, vault.asked, recorded()]).toEqual([[], [], []]);

    const opened = await report(simulation(lower));
    expect(opened).toMatchObject({ calls: { total: 4, exact: 4, exactShare: 1 }, inexact: [] });
    expect(opened.flips.byRule).toMatchObject([
      {
        from: { decision: 'allow', rule: 'writes' },
        to: { decision: 'deny' },
        calls: 1,
        samples: [ids()[1]],
      },
    ]);
    expect(opened.log).toEqual(sealed.log);
    // Only what depended on it was fetched and opened.
    expect(fetched).toEqual([ids().slice(0, 3)]);

    const { flips } = await report(simulation(elsewhere));
    expect(flips.byRule).toMatchObject([{ from: { rule: 'writes' }, to: { decision: 'deny' }, calls: 2 }]);
  });

  it('is the same bytes each time, however the sections come, and names them by a digest', async () => {
    const wanted = simulation(lower);
    const first = await bytesOf(wanted);
    await ask(wanted, home.admin, true);
    atOnce = 1;
    expect(await bytesOf(wanted)).toBe(first);
    expect(vault.asked.map(({ request }) => request.boxes.length)).toEqual([3, 1, 1, 1]);
    const lines = ids()
      .slice(0, 3)
      .map((recordId) => `${canonicalJson([recordId, 'opened', { ...boxes.get(recordId)! }])}\n`);
    expect((JSON.parse(first) as SimulationReport).sealed).toEqual({
      sections: 3,
      digest: createHash('sha256').update(lines.join('')).digest('base64url'),
    });
  });

  it('has one record, with what it is for, before anything is opened', async () => {
    verifies('B2');
    const before = recorded().length;
    let atOpening: number | undefined;
    vault.before = () => {
      atOpening ??= recorded().length;
      return Promise.resolve();
    };
    atOnce = 1;
    const wanted = simulation(lower);
    await report(wanted);
    expect(vault.asked.length).toBe(3);
    expect([atOpening, recorded().length]).toEqual([before + 1, before + 1]);
    const [{ reading }] = vault.asked as [(typeof vault.asked)[number]];
    const { from, to } = wanted;
    expect(reading).toMatchObject({
      org: home.org,
      sub: home.admin.sub,
      op: 'sealed.read',
      purpose: 'simulation',
      about: { from, to },
      rule: 'organisation-admin',
    });
  });

  it('opens nothing while audit records nothing', async () => {
    verifies('B1', 'B2');
    installation.audit.refuse = true;
    const wanted = simulation(lower);
    try {
      const state = await ask(wanted).then(
        (reply) => reply.state,
        (error: AppError) => error.code,
      );
      expect(['running', 'AUDIT_UNAVAILABLE']).toContain(state);
      expect(fetched.length).toBeGreaterThan(0);
      expect(vault.asked).toEqual([]);
    } finally {
      installation.audit.refuse = false;
    }
    await eventually(async () => expect((await ask(wanted)).state).toBe('done'), { deadlineMs: 20_000 });
  }, 40_000);

  it('ends, which is recorded, when the admin is none any more', async () => {
    const second: Who = { org: home.org, sub: newId(), sid: newId() };
    await installation.command(
      home.admin,
      { type: 'AddMember', user: second.sub },
      { type: 'GrantRole', user: second.sub, role: 'admin' },
    );
    calls.before = async () => {
      calls.before = () => Promise.resolve();
      await installation.command(home.admin, { type: 'RevokeRole', user: second.sub, role: 'admin' });
    };
    const denials = () => installation.audit.entries.filter(({ kind }) => kind === 'denial').length;
    const before = denials();
    await expect(ask(simulation(lower), second)).rejects.toMatchObject({ code: 'DENIED_BY_POLICY' });
    expect(denials()).toBe(before + 1);
    expect(vault.asked).toEqual([]);
  });

  it('reads for each admin by leave of their own', async () => {
    const second: Who = { org: home.org, sub: newId(), sid: newId() };
    await installation.command(
      home.admin,
      { type: 'AddMember', user: second.sub },
      { type: 'GrantRole', user: second.sub, role: 'admin' },
    );
    const wanted = simulation(lower, { revision: (await report(simulation(lower))).policy.current.revision });
    vault.asked.length = 0;
    await ask(wanted);
    await ask(wanted, second);
    await ask(wanted);
    expect(vault.asked.map(({ reading }) => reading.sub)).toEqual([second.sub]);
  });

  it('says of what stays shut why', async () => {
    const [erased, changed, none] = [newId(), newId(), newId()].map((sub) => ({
      org: home.org,
      sub,
      sid: newId(),
    }));
    const people = [erased!, changed!, none!];
    await installation.command(
      home.admin,
      ...people.map(({ sub }) => ({ type: 'AddMember' as const, user: sub })),
    );
    const [first, second, third] = [
      await call(erased!, { size: 4, to: 'x' }),
      await call(changed!, { size: 4, to: 'x' }),
      await call(none!, { size: 4, to: 'x' }),
    ];
    vault.erase(erased!.sub);
    boxes.set(second, { ...boxes.get(second)!, ciphertext: 'A'.repeat(60) });
    boxes.set(third, null);
    // No rule of then looked at it.
    const subject = documentOf(writes({ 'arguments.subject': { $eq: 'x' } }));
    expect((await report(simulation(lower))).inexact).toEqual([
      { reason: 'sealed_erased', calls: 1, samples: [first] },
      { reason: 'sealed_missing', calls: 1, samples: [third] },
      { reason: 'sealed_unreadable', calls: 1, samples: [second] },
    ]);
    expect((await report(simulation(subject))).inexact[0]).toMatchObject({
      reason: 'arguments_not_kept',
      calls: 3,
    });
    for (const recordId of [first, second, third]) boxes.delete(recordId);
    calls.rows.splice(-3);
  });

  it('waits for a vault that is away, and tells of what stays wrong', async () => {
    let asked = 0;
    vault.before = () =>
      ++asked < 3 ? Promise.reject(new AppError('KEY_UNAVAILABLE', 'away')) : Promise.resolve();
    expect((await report(simulation(lower))).calls.exact).toBe(4);
    period += 1000;
    vault.before = () => Promise.reject(new AppError('FORBIDDEN', 'no'));
    await expect(ask(simulation(lower))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('needs an assertion for the vault', async () => {
    const control = await installation.as('control');
    const assertion = installation.assertion(home.admin);
    await expect(
      control.call(VERBS.simulate, { assertion, simulation: simulation(lower) }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(vault.asked).toEqual([]);
  });

  it('shows no value to the broker, in a log, or in a report', async () => {
    verifies('B3', 'P10');
    const from = wire.length;
    const told = await bytesOf(simulation(lower));
    expect(vault.asked).toHaveLength(1);
    const seen = Buffer.concat([...wire.slice(from), Buffer.from(told), Buffer.from(logs.join('\n'))]);
    expect(seen.includes(ids()[0]!)).toBe(true);
    expect(logs.length).toBeGreaterThan(0);
    for (const value of [CANARY, ADDRESS]) {
      expect(seen.includes(value)).toBe(false);
      expect(seen.includes(Buffer.from(value).toString('base64url').slice(2, -2))).toBe(false);
    }
  });
});
