import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  newId,
  payloadHash,
  VERBS,
  verifyToken,
  type AppendEntry,
  type SealedBox,
  type SealedSectionsReply,
} from '@portcullis/contracts';
import { verifies } from '../../../tools/verifies.js';
import { AuditFixture } from './audit-fixture.js';
import { denialFor, grantFor, hash, intent, READ_FOR, reading, readingFor } from './statements.js';

let fixture: AuditFixture;
const [org, user] = [newId(), newId()];
const box = (subject: string, characters = 40): SealedBox => ({
  subject,
  keyId: newId(),
  enc: hash('enc'),
  ciphertext: 'A'.repeat(characters),
});

beforeAll(async () => {
  fixture = await AuditFixture.start();
  await fixture.startAudit();
}, 60_000);
afterAll(() => fixture.stop(), 60_000);

async function call(sealed: SealedBox[], of = org): Promise<string> {
  const recordId = newId();
  const grant = grantFor(fixture.keyring('policy'), { org: of, sub: user });
  await fixture.recorded('gateway', { ...intent(grant, recordId), sealed } as never);
  return recordId;
}

/** Once the search view is there. */
async function ask(
  recordIds: string[],
  { sender = 'policy' as 'policy' | 'control', of = org } = {},
): Promise<SealedSectionsReply['sections']> {
  const period = { from: '2000-01-01T00:00:00.000Z', to: '2999-01-01T00:00:00.000Z' };
  await fixture.call('policy', VERBS.decidedCalls, { org: of, ...period, limit: 1, after: null });
  return (await fixture.call(sender, VERBS.sealedSections, { org: of, recordIds })).sections;
}

describe('sealed sections of calls', () => {
  verifies('B6');

  it('are the boxes about whoever made the call, in the order asked for', async () => {
    const own = box(user);
    const two = await call([box(newId()), own]);
    const none = await call([box(newId())]);
    const unknown = newId();
    expect(await ask([none, unknown, two])).toEqual([
      { recordId: none, box: null },
      { recordId: unknown, box: null },
      { recordId: two, box: own },
    ]);
  });

  it('are as many as fit into a message: the others are asked for again', async () => {
    const large = await Promise.all([1, 2, 3, 4, 5].map(() => call([box(user, 200_000)])));
    const first = await ask(large);
    expect(first.length).toBeGreaterThan(0);
    expect(first.length).toBeLessThan(large.length);
    const rest = await ask(large.slice(first.length));
    expect([...first, ...rest].map(({ recordId }) => recordId)).toEqual(large);
  });

  it('are told to policy alone, and of the organisation that it names', async () => {
    const recordId = await call([box(user)]);
    expect(await ask([recordId], { of: newId() })).toEqual([{ recordId, box: null }]);
    await expect(ask([recordId], { sender: 'control' })).rejects.toMatchObject({
      code: expect.stringMatching(/UNAUTHENTICATED|UNAVAILABLE/),
    });
  });
});

const denied = (denial: string): AppendEntry => ({
  kind: 'denial',
  recordId: newId(),
  denial,
  sealed: [],
  argumentBytes: 0,
});

describe('leave to read sealed sections', () => {
  verifies('B2');

  it('is recorded with what it is for, and gets a receipt that is bound to it', async () => {
    const token = readingFor(fixture.keyring('policy'), { org, sub: user });
    const { receipt, recordId } = await fixture.recorded('policy', reading(token));
    const claims = verifyToken(fixture.keyring('vault'), 'pc-receipt+jwt', 'audit', receipt!, new Date());
    expect(claims).toMatchObject({ org, recordId, gh: payloadHash(token).toString('base64url') });
    const { purpose, about, boxes } = READ_FOR;
    const rows = await fixture.rowsOf(org);
    expect(rows.find((row) => row.record.recordId === recordId)?.record).toMatchObject({
      type: 'AdminActionAuthorized',
      class: 'admin',
      source: 'policy',
      actor: { kind: 'user', id: user },
      action: { op: 'sealed.read', srv: null, target: { type: 'sealed-sections', id: purpose } },
      decision: { result: 'allow', rule: 'organisation-admin' },
      data: { purpose, ...about, boxes },
      digests: { grant: payloadHash(token).toString('base64url') },
    });
  });

  it('is recorded for policy alone, and nothing else of a call is', async () => {
    const policy = fixture.keyring('policy');
    for (const sender of ['gateway', 'control', 'vault'] as const) {
      expect(await fixture.append(sender, reading(readingFor(policy)))).toMatchObject([
        { status: 'refused', code: 'FORBIDDEN' },
      ]);
    }
    expect(await fixture.append('policy', intent(grantFor(policy)))).toMatchObject([
      { status: 'refused', code: 'FORBIDDEN' },
    ]);
    const ofCall = denied(denialFor(policy));
    const ofReading = denied(denialFor(policy, { op: 'sealed.read', srv: null, slug: null }));
    expect(await fixture.append('policy', ofCall, ofReading)).toMatchObject([
      { status: 'refused', code: 'FORBIDDEN' },
      { status: 'recorded', receipt: null },
    ]);
    expect(await fixture.append('control', ofReading)).toMatchObject([
      { status: 'refused', code: 'FORBIDDEN' },
    ]);
  });

  it('is no grant, and a grant is no leave', async () => {
    const policy = fixture.keyring('policy');
    expect(await fixture.append('gateway', intent(readingFor(policy)))).toMatchObject([
      { status: 'refused', code: 'UNAUTHENTICATED' },
    ]);
    expect(await fixture.append('policy', reading(grantFor(policy)))).toMatchObject([
      { status: 'refused', code: 'UNAUTHENTICATED' },
    ]);
  });
});
