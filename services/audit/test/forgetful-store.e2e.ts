import { newId } from '@portcullis/contracts';
import { connectEventStore, type EventStore, type StoredEvent } from '@portcullis/eventing';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { AuditFixture, type RunningAudit } from './audit-fixture.js';
import { fact, grantFor, intent, outcome } from './statements.js';

let fixture: AuditFixture;
let audit: RunningAudit;
let store: EventStore;

beforeAll(async () => {
  fixture = await AuditFixture.start({ anyForgets: true });
  audit = await fixture.startAudit({ APPEND_DEADLINE_MS: '2500', STORE_TIMEOUT_MS: '700' });
  store = connectEventStore({ url: fixture.node.url, requestTimeoutMs: 3000 });
}, 60_000);
afterAll(async () => {
  await store?.close();
  await fixture.stop();
}, 60_000);

const policy = () => fixture.keyring('policy');
const idOf = ({ data }: StoredEvent): string => (data as { recordId: string }).recordId;

async function stored(stream: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const event of store.read(stream)) events.push(event);
  return events;
}

/** What a retry inside the client leaves in a store that does not know the ids any more. */
async function duplicate(stream: string): Promise<void> {
  const events = (await stored(stream)).map(({ id, type, data }) => ({ id, type, data }));
  await store.append(stream, events, { expected: 'any' });
}

describe('an event store that forgets the ids of what was appended at any revision', () => {
  it('holds duplicates, which harm nobody: one record, its first place, one line in an export', async () => {
    verifies('P8');
    const org = newId();
    const grant = grantFor(policy(), { org });
    const first = await fixture.recorded('gateway', intent(grant));
    await fixture.recorded('gateway', outcome(grant, { intent: first.recordId }));
    await duplicate(first.stream);
    expect((await stored(first.stream)).filter((event) => idOf(event) === first.recordId)).toHaveLength(2);
    // What comes after the duplicates has been projected, so they have been as well.
    await fixture.recorded('gateway', intent(grantFor(policy(), { org })));
    const rows = await fixture.rowsOf(org);
    expect(rows).toHaveLength(3);
    expect(rows.find(({ record }) => record.recordId === first.recordId)).toMatchObject({
      revision: first.revision,
      state: { status: 'success' },
    });
    const exported = (await fixture.exported(org, 'csv')).map(({ chunk }) => chunk).join('');
    expect(exported.trim().split('\n')).toHaveLength(1 + rows.length);
  });

  it('gets duplicates while the projection rests or audit restarts, and the first still counts', async () => {
    const org = newId();
    const entry = fact(org);
    const first = await fixture.recorded('control', entry);
    await audit.audit.work.stop();
    await duplicate(first.stream);
    audit.audit.work.start();
    await fixture.stopAudit(audit);
    audit = await fixture.startAudit({ APPEND_DEADLINE_MS: '2500', STORE_TIMEOUT_MS: '700' });
    await duplicate(first.stream);
    const again = await eventually(() => fixture.recorded('control', entry), { deadlineMs: 10_000 });
    expect(again).toEqual(first);
    expect(await fixture.rowsOf(org)).toMatchObject([{ revision: first.revision }]);
  }, 40_000);

  it('may store a record twice that was sent again, and shows it once', async () => {
    verifies('B1');
    const org = newId();
    await fixture.recorded('gateway', intent(grantFor(policy(), { org })));
    const silent = intent(grantFor(policy(), { org }));
    fixture.node.pause();
    expect(await fixture.append('gateway', silent)).toMatchObject([{ status: 'refused' }]);
    fixture.node.resume();
    const again = await eventually(() => fixture.recorded('gateway', silent), { deadlineMs: 10_000 });
    expect(idOf((await stored(again.stream))[again.revision]!)).toBe(silent.recordId);
    const shown = (await fixture.rowsOf(org)).filter(({ record }) => record.recordId === silent.recordId);
    expect(shown).toMatchObject([{ revision: again.revision }]);
  }, 40_000);
});
