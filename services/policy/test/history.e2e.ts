import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { VERBS, type Moment, type PastQuestion } from '@portcullis/contracts';
import { verifies } from '../../../tools/verifies.js';
import { PolicyInstallation, type Who } from './support/policy-installation.js';
import { foundOrganisation, READS, type SampleOrganisation } from './support/sample-organisation.js';

let installation: PolicyInstallation;
let home: SampleOrganisation;
let other: SampleOrganisation;
/** Revisions: members may read; then creating notes is allowed up to a length; then the member is gone. */
let reads: number;
let writes: number;
let gone: number;

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  home = await foundOrganisation(installation);
  other = await foundOrganisation(installation, home);
  reads = (await installation.command(home.admin, { type: 'DefineRole', role: 'idle', description: '' }))
    .revision;
  const rule = {
    ...READS,
    id: 'short-notes',
    labels: ['write' as const],
    when: { 'arguments.size': { $lte: 9 } },
  };
  writes = (await installation.command(home.admin, { type: 'AddRule', rule })).revision;
  gone = (
    await installation.command(
      home.admin,
      { type: 'RemoveMember', user: home.member.sub },
      { type: 'LabelTool', srv: home.srv, tool: 'list_notes', label: null },
    )
  ).revision;
});
afterAll(() => installation?.stop());

const question = (change: Partial<PastQuestion> = {}): PastQuestion => ({
  principal: home.member.sub,
  operation: 'tool.call',
  server: 'notes',
  tool: 'list_notes',
  arguments: null,
  context: {},
  ...change,
});

async function decideAt(at: Moment, change: Partial<PastQuestion> = {}, who: Who = home.admin) {
  const control = await installation.as('control');
  const request = { assertion: installation.assertion(who), at, question: question(change) };
  return control.call(VERBS.decideAt, request);
}

async function whoCould(at: Moment, change: object = {}, who: Who = home.admin) {
  const control = await installation.as('control');
  const wanted = { server: 'notes', tool: 'create_note', limit: 10, cursor: null, ...change };
  return control.call(VERBS.whoCould, { assertion: installation.assertion(who), at, ...wanted });
}

describe('policy at a moment', () => {
  verifies('B6');

  it('decides with the members, labels and rules of that moment', async () => {
    expect((await decideAt({ revision: reads })).decision).toMatchObject({
      decision: 'allow',
      rule: 'members-read',
      revision: reads,
    });
    const now = await decideAt({ revision: gone });
    expect(now.decision).toMatchObject({ decision: 'deny', rule: 'not-a-member', revision: gone });
    const create = { tool: 'create_note', arguments: { size: 3 } };
    expect((await decideAt({ revision: reads }, create)).decision.rule).toBe('default-deny');
    expect((await decideAt({ revision: writes }, create)).decision.rule).toBe('short-notes');
    expect((await decideAt({ revision: writes }, { ...create, scopes: ['mcp'] })).decision.rule).toBe(
      'read-only-session',
    );
  });

  it('is found by time: what its answer says of itself leads to it again', async () => {
    const byRevision = await decideAt({ revision: writes });
    const byTime = await decideAt({ time: byRevision.at.time });
    expect(byTime.at.time).toBe(byRevision.at.time);
    expect(byTime.decision.policyDigest).toMatch(/^[\w-]{43}$/);
    const later = await decideAt({ revision: gone });
    expect(later.decision.policyDigest).not.toBe(byRevision.decision.policyDigest);
  });

  it('tells who could use a tool, in pages that say whether there are more', async () => {
    const first = await whoCould({ revision: writes }, { limit: 1 });
    const second = await whoCould({ revision: writes }, { limit: 1, cursor: first.next });
    const people = [home.admin.sub, home.member.sub].sort();
    expect(first).toMatchObject({ complete: false, label: 'write', at: { revision: writes } });
    expect(second).toMatchObject({ complete: true, next: null });
    expect([...first.users, ...second.users]).toEqual(
      people.map((user) => ({ user, conditional: true, rules: ['short-notes'], unless: [] })),
    );
    expect((await whoCould({ revision: reads })).users).toEqual([]);
    expect((await whoCould({ revision: gone })).users.map(({ user }) => user)).toEqual([home.admin.sub]);
  });

  it('is told to admins of the organisation alone, and of their own', async () => {
    for (const ask of [decideAt, whoCould]) {
      await expect(ask({ revision: 0 }, {}, other.member)).rejects.toMatchObject({
        code: 'DENIED_BY_POLICY',
      });
      await expect(ask({ revision: 0 }, {}, { ...home.member })).rejects.toMatchObject({
        code: 'DENIED_BY_POLICY',
      });
    }
    const foreign = await decideAt({ revision: 4 }, {}, other.admin);
    expect(foreign.decision.rule).toBe('not-a-member');
  });

  it.each<[Moment, string]>([
    [{ time: '2999-01-01T00:00:00.000Z' }, 'INVALID_ARGUMENT'],
    [{ revision: 1_000_000 }, 'INVALID_ARGUMENT'],
    [{ time: '2020-01-01T00:00:00.000Z' }, 'NOT_FOUND'],
  ])('of %j is a clear error', async (moment, code) => {
    await expect(decideAt(moment)).rejects.toMatchObject({ code });
    await expect(whoCould(moment)).rejects.toMatchObject({ code });
  });

  it('knows no server that was not there', async () => {
    await expect(whoCould({ revision: 0 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
