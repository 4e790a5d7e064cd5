import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, VERBS, type Authorization } from '@portcullis/contracts';
import { eventually, freePort } from '@portcullis/platform/testing';
import { PolicyInstallation } from './support/policy-installation.js';
import { foundOrganisation, type SampleOrganisation } from './support/sample-organisation.js';
import { copyStore, StoredFacts, whileDown } from './support/tamper.js';

/**
 * Whoever owns the event store's files takes back what was decided. Each case fails when the comparison it is about is
 * taken out. Mostly the last fact removes the member, so that less facts would mean more rights.
 */

let installation: PolicyInstallation;
/** What nobody touches. */
let intact: SampleOrganisation;
const backups = mkdtempSync(join(tmpdir(), 'portcullis-backup-'));

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  intact = await foundOrganisation(installation);
});
afterAll(async () => {
  await installation?.stop();
  rmSync(backups, { recursive: true, force: true });
});

async function authorize({ member, srv }: SampleOrganisation): Promise<Authorization> {
  return (await installation.as('gateway')).call(VERBS.authorize, {
    assertion: installation.assertion(member),
    operation: 'tool.call',
    srv,
    tool: 'list_notes',
    observedDigest: null,
    arguments: {},
    context: {},
    replyKeyHash: null,
    call: newId(),
    attempt: 1,
  });
}

const stream = ({ org }: SampleOrganisation): string => `policy-${org}`;

/** Resolves when audit has recorded the fact, and gives its revision. */
async function removeMember(victim: SampleOrganisation): Promise<number> {
  const { revision } = await installation.command(victim.admin, {
    type: 'RemoveMember',
    user: victim.member.sub,
  });
  await eventually(() => expect(installation.audit.headOf(victim.org)?.revision).toBe(revision));
  expect(await authorize(victim)).toMatchObject({ decision: 'deny', rule: 'not-a-member' });
  return revision;
}

async function expectUnverified(victim: SampleOrganisation, because: string): Promise<void> {
  const answer = await authorize(victim);
  expect(answer).toMatchObject({ decision: 'deny', rule: 'policy-unverified', grants: null });
  expect(answer.message).toContain(because);
}

const operations = async (path: string, port = installation.policy.ready['httpPort']): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).text();

async function backUp(): Promise<void> {
  await whileDown(installation.node, (directory) => copyStore(directory, backups));
  await eventually(() => authorize(intact));
}

/** Control says that they have changed. */
const hint = (...victims: SampleOrganisation[]): void => {
  installation.leases.change(victims.map(({ org }) => org));
};

describe('facts that were changed while no replica ran', () => {
  it('deny their organisation, whichever way; the others are served', async () => {
    const [truncated, altered, thinned, rewritten] = [
      await foundOrganisation(installation, intact),
      await foundOrganisation(installation, intact),
      await foundOrganisation(installation, intact),
      await foundOrganisation(installation, intact),
    ] as const;
    const last = await removeMember(truncated);
    for (const victim of [altered, thinned, rewritten]) expect(await removeMember(victim)).toBe(last);
    await installation.policy.stop();
    await whileDown(installation.node, (directory) => {
      const facts = new StoredFacts(directory);
      facts.truncate(stream(truncated), last);
      facts.replace(stream(altered), last, { from: altered.member.sub, to: newId() });
      facts.remove(stream(thinned), 3);
      facts.truncate(stream(rewritten), 0);
      facts.close();
    });
    installation.policy = await installation.startReplica();
    await expectUnverified(truncated, `Audit has recorded fact ${last}`);
    await expectUnverified(altered, 'its signature does not hold');
    await expectUnverified(thinned, 'can not be trusted');
    await expectUnverified(rewritten, `Audit has recorded fact ${last}`);
    expect((await authorize(intact)).decision).toBe('allow');
    expect(await operations('/metrics')).toContain('portcullis_policy_broken_organisations 4');
    const broken = installation.audit.entries.filter(
      (entry) => entry.kind === 'fact' && entry.action === 'policy.chain_broken',
    );
    expect(broken).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ org: truncated.org, data: { revision: last } }),
        expect.objectContaining({ org: rewritten.org, data: { revision: last } }),
      ]),
    );
  });
});

describe('a store that was set back to an older copy of itself', () => {
  it('is noticed by a replica that runs on, which then denies, and by one that starts', async () => {
    const victim = await foundOrganisation(installation, intact);
    await backUp();
    await removeMember(victim);
    await whileDown(installation.node, (directory) => copyStore(backups, directory));
    // Nothing is built on the older copy, not even before anybody has noticed.
    await eventually(() => authorize(intact));
    const role = { type: 'DefineRole', role: 'on-sand', description: '' } as const;
    await expect(installation.command(victim.admin, role)).rejects.toMatchObject({ code: 'CONFLICT' });
    // What is in memory is right, but nobody could tell what the next fact will be based on.
    await eventually(async () => {
      hint(victim, intact);
      await expectUnverified(victim, 'no longer has fact');
    });
    expect((await authorize(intact)).decision).toBe('allow');
    await installation.policy.stop();
    installation.policy = await installation.startReplica();
    await expectUnverified(victim, 'Audit has recorded fact');
    expect((await authorize(intact)).decision).toBe('allow');
  });
});

describe('a fact that audit has recorded otherwise', () => {
  it('is not believed, although policy signed both', async () => {
    const victim = await foundOrganisation(installation, intact);
    await backUp();
    const last = await removeMember(victim);
    const recorded = installation.audit.headOf(victim.org);
    await installation.policy.stop();
    await whileDown(installation.node, (directory) => copyStore(backups, directory));
    // Without what audit knows, policy would go on from the older copy and sign another fact in that place.
    const remembered = installation.audit.entries.splice(0);
    installation.policy = await installation.startReplica();
    for (const role of ['one', 'two'])
      await installation.command(victim.admin, { type: 'DefineRole', role, description: '' });
    expect((await authorize(victim)).decision).toBe('allow');
    await installation.policy.stop();
    installation.audit.entries.splice(0, Infinity, ...remembered);
    installation.policy = await installation.startReplica();
    expect(recorded?.revision).toBe(last);
    await expectUnverified(victim, `Fact ${last} in the event store is not the one`);
  });
});

describe('a start from snapshots', () => {
  const snapshotOf = ({ org }: SampleOrganisation): string => `policysnapshot-${org}`;
  const roles = Array.from({ length: 64 }, (_, n) => ({
    type: 'DefineRole' as const,
    role: `role-${n}`,
    description: '',
  }));

  const stored = async (): Promise<number> =>
    Number(/^portcullis_policy_snapshots_stored_total (\d+)$/m.exec(await operations('/metrics'))?.[1]);

  it('finds what was changed below them, and does not believe one that was changed', async () => {
    const victims = [
      await foundOrganisation(installation, intact),
      await foundOrganisation(installation, intact),
    ] as const;
    const [altered, misled] = victims;
    const before = await stored();
    for (const victim of victims) await installation.command(victim.admin, ...roles);
    await eventually(async () => expect(await stored()).toBe(before + victims.length));
    await installation.policy.stop();
    await whileDown(installation.node, (directory) => {
      const facts = new StoredFacts(directory);
      facts.replace(stream(altered), 3, { from: altered.member.sub, to: newId() });
      facts.replace(snapshotOf(misled), 0, { from: '"state":"', to: '"state":"AAAA' });
      facts.close();
    });
    installation.policy = await installation.startReplica();
    expect((await authorize(misled)).decision).toBe('allow');
    expect(await operations('/metrics')).toContain('portcullis_policy_snapshots_ignored_total 1');
    await eventually(() => expectUnverified(altered, 'can not be trusted'), { deadlineMs: 10_000 });
    expect((await authorize(intact)).decision).toBe('allow');
    await eventually(async () => expect(await stored()).toBe(1));
  });
});

describe('without audit', () => {
  it('a replica does not become ready, says why, and serves once it has compared', async () => {
    const port = await freePort();
    installation.audit.silentAboutHeads = true;
    await installation.policy.stop();
    const starting = installation.startReplica({ HTTP_PORT: String(port) });
    await eventually(async () =>
      expect(await operations('/health/ready', port)).toContain('have not been compared'),
    );
    await expect(authorize(intact)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    installation.audit.silentAboutHeads = false;
    installation.policy = await starting;
    expect((await authorize(intact)).decision).toBe('allow');
    await eventually(async () =>
      expect(JSON.parse(await operations('/health/ready'))).toMatchObject({ ready: true }),
    );
  });

  it('a replica that has compared goes on, and its metric says how old that is', async () => {
    installation.audit.silentAboutHeads = true;
    const position = installation.leases.change([intact.org]);
    await eventually(() => expect(installation.leases.acknowledged).toBe(position));
    expect((await authorize(intact)).decision).toBe('allow');
    expect(await operations('/metrics')).toMatch(/^portcullis_policy_anchor_age_seconds [0-9.]+$/m);
    installation.audit.silentAboutHeads = false;
  });
});
