import { newId } from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { AuditFixture } from './audit-fixture.js';
import { earlierId, grantFor, intent, outcome } from './statements.js';

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
