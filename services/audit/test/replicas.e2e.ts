import { newId, VERBS, type PolicyHead } from '@portcullis/contracts';
import { asOrganisation, connectDatabase } from '@portcullis/platform';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { SCHEMA } from '../src/database/schema.js';
import { AuditFixture } from './audit-fixture.js';
import { earlierId, fact, grantFor, hash, intent, outcome } from './statements.js';

let fixture: AuditFixture;

beforeAll(async () => {
  fixture = await AuditFixture.start();
  const overrides = { INTENT_DEADLINE_MS: '1500' };
  await fixture.startAudit(overrides);
  await fixture.startAudit(overrides);
}, 60_000);
afterAll(() => fixture.stop(), 60_000);

const policy = () => fixture.keyring('policy');
const leaders = () => fixture.running.filter(({ audit }) => audit.leadership.leads() === true);

describe('two replicas', () => {
  it('share the work, and whichever is asked shows what either has acknowledged', async () => {
    verifies('P8');
    const org = newId();
    for (let round = 1; round <= 20; round += 1) {
      await fixture.recorded('gateway', intent(grantFor(policy(), { org })));
      expect(
        (await fixture.rowsOf(org)).filter(({ record }) => record.type === 'ToolCallAuthorized'),
      ).toHaveLength(round);
    }
    for (const { audit } of fixture.running) expect(audit.counter.records).toBeGreaterThan(0);
    expect(leaders()).toHaveLength(1);
  }, 30_000);

  it('give one result to a recordId that reaches both', async () => {
    const org = newId();
    const grant = grantFor(policy(), { org });
    const begun = await fixture.recorded('gateway', intent(grant));
    const late = outcome(grant, { intent: begun.recordId, recordId: earlierId(5000) });
    const results = await Promise.all(Array.from({ length: 8 }, () => fixture.recorded('gateway', late)));
    expect(new Set(results.map(({ revision }) => revision)).size).toBe(1);
    const rows = (await fixture.rowsOf(org)).filter(({ record }) => record.recordId === late.recordId);
    expect(rows).toMatchObject([{ revision: results[0]?.revision }]);
  });

  it('close an interrupted call once, also when the one that does it ends', async () => {
    verifies('B1');
    const org = newId();
    await fixture.recorded('gateway', intent(grantFor(policy(), { org })));
    const [leader] = leaders();
    await fixture.stopAudit(leader!);
    const rows = await eventually(
      async () => {
        const found = await fixture.rowsOf(org);
        expect(found.map(({ record }) => record.type)).toEqual(['ToolCallInterrupted', 'ToolCallAuthorized']);
        return found;
      },
      { deadlineMs: 15_000 },
    );
    expect(rows).toHaveLength(2);
    expect(leaders()).toHaveLength(1);
  }, 30_000);
});

describe('the heads of policy', () => {
  const recorded = async (...orgs: string[]): Promise<(PolicyHead | null)[]> => {
    const { heads } = await fixture.call('policy', VERBS.policyHeads, { orgs });
    expect(heads.map(({ org }) => org)).toEqual(orgs);
    return heads.map((head) => head.recorded);
  };
  const policyFact = (org: string, data: Record<string, string | number>, action = 'policy.RoleDefined.v1') =>
    fixture.recorded('policy', fact(org, { action, data }));

  it('are the last facts that policy had recorded, for all organisations at once', async () => {
    const [org, other, unknown] = [newId(), newId(), newId()];
    await policyFact(org, { revision: 4, head: hash('four') });
    await policyFact(org, { revision: 5, head: hash('five') });
    await policyFact(other, { revision: 0, head: hash('zero') });
    const wanted = [{ revision: 0, head: hash('zero') }, { revision: 5, head: hash('five') }, null];
    await eventually(async () => expect(await recorded(other, org, unknown)).toEqual(wanted));
  });

  it('never go back, are not told twice, and come of nothing but facts with a head', async () => {
    const org = newId();
    await policyFact(org, { revision: 7, head: hash('seven') });
    await eventually(async () => expect(await recorded(org)).toEqual([{ revision: 7, head: hash('seven') }]));
    await policyFact(org, { revision: 3, head: hash('three') });
    await policyFact(org, { revision: 7, head: hash('another seven') });
    await policyFact(org, { revision: 99 }, 'policy.chain_broken');
    await policyFact(org, { revision: 98, head: 'none' });
    await fixture.recorded('control', fact(org, { data: { revision: 97, head: hash('of control') } }));
    // What is asked for as an admin waits for all of them to be projected.
    expect(await fixture.rowsOf(org)).toHaveLength(6);
    expect(await recorded(org)).toEqual([{ revision: 7, head: hash('seven') }]);
  });

  it('are told to policy alone, and are rows of their organisation for everybody else', async () => {
    const org = newId();
    await policyFact(org, { revision: 1, head: hash('one') });
    await eventually(async () => expect(await recorded(org)).not.toEqual([null]));
    await expect(fixture.call('control', VERBS.policyHeads, { orgs: [org] })).rejects.toThrow();
    const jobs = { url: fixture.database.jobUrl, schema: SCHEMA, applicationName: 'test' };
    const database = await connectDatabase(jobs);
    const rows = 'SELECT org_id FROM policy_heads';
    expect(await database.query(rows)).toEqual([]);
    expect(await asOrganisation(database, org, (tx) => tx.query(rows))).toEqual([{ org_id: org }]);
    await database.destroy();
  });
});
