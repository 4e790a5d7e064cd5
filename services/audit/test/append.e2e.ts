import {
  canonicalBytes,
  deterministicId,
  issueForAudiences,
  newId,
  payloadHash,
  recordHash,
  sha256,
  verifyToken,
  type AppendEntry,
  type AppendResult,
  type AuditFilter,
} from '@portcullis/contracts';
import { testTrust } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { AuditFixture, type RunningAudit, type Sender } from './audit-fixture.js';
import { interruptedRecordId } from '../src/records/compose-record.js';
import { denialFor, earlierId, fact, grantClaims, grantFor, intent, outcome } from './statements.js';

let fixture: AuditFixture;
let audit: RunningAudit;

beforeAll(async () => {
  fixture = await AuditFixture.start();
  audit = await fixture.startAudit();
}, 60_000);
afterAll(() => fixture.stop());

const append = (sender: Sender, ...entries: AppendEntry[]): Promise<AppendResult[]> =>
  fixture.append(sender, ...entries);
const recorded = (sender: Sender, entry: AppendEntry) => fixture.recorded(sender, entry);
const rowsOf = (org: string, filter: AuditFilter = {}) => fixture.rowsOf(org, filter);

const policy = () => fixture.keyring('policy');

describe('append', () => {
  it('answers an intent with a receipt that binds the grant to the durable record', async () => {
    verifies('B1', 'P8', 'D8');
    const org = newId();
    const grant = grantFor(policy(), { org, sub: newId(), tool: 'create_note', label: 'write' });
    const result = await recorded('gateway', intent(grant));
    const receipt = verifyToken(
      fixture.keyring('vault'),
      'pc-receipt+jwt',
      'audit',
      result.receipt ?? '',
      new Date(),
    );
    const [row] = await rowsOf(org);
    expect(receipt).toMatchObject({
      kind: 'intent',
      org,
      gh: payloadHash(grant).toString('base64url'),
      recordId: result.recordId,
      stream: result.stream,
      revision: result.revision,
      dh: row?.dataHash,
    });
    expect(recordHash(canonicalBytes(row?.record)).toString('base64url')).toBe(row?.dataHash);
    expect(row?.record).toMatchObject({
      type: 'ToolCallAuthorized',
      action: { tool: 'create_note', label: 'write' },
    });
    expect(row?.state).toEqual({ status: 'pending', recordId: null, outcome: null });
  });

  it('gives a repeated recordId the first result, at once and after a restart', async () => {
    const org = newId();
    const entry = intent(grantFor(policy(), { org }));
    const [first, second] = await append('gateway', entry, entry);
    await fixture.stopAudit(audit);
    audit = await fixture.startAudit();
    const third = await recorded('gateway', entry);
    for (const repeated of [second, third]) {
      expect(repeated).toMatchObject({ ...first, receipt: expect.any(String) });
    }
    const hashes = [first, second, third].map((result) => {
      if (result?.status !== 'recorded') throw new Error('refused');
      return verifyToken(
        fixture.keyring('vault'),
        'pc-receipt+jwt',
        'audit',
        result.receipt ?? '',
        new Date(),
      ).dh;
    });
    expect(new Set(hashes).size).toBe(1);
    expect(await rowsOf(org)).toHaveLength(1);
  });

  it('refuses a used recordId for another grant, so that no call hides behind the record of another one', async () => {
    const org = newId();
    const recordId = newId();
    const first = await recorded('gateway', intent(grantFor(policy(), { org }), recordId));
    expect(await append('gateway', intent(grantFor(policy(), { org }), recordId))).toMatchObject([
      { status: 'refused', code: 'ALREADY_EXISTS' },
    ]);
    await fixture.stopAudit(audit);
    audit = await fixture.startAudit();
    expect(await append('gateway', intent(grantFor(policy(), { org }), recordId))).toMatchObject([
      { status: 'refused', code: 'ALREADY_EXISTS' },
    ]);
    expect(await rowsOf(org)).toMatchObject([{ revision: first.revision }]);
  });

  it('groups concurrent entries of one stream into few writes', async () => {
    const org = newId();
    await recorded('gateway', intent(grantFor(policy(), { org })));
    const before = { ...audit.audit.counter };
    const entries = Array.from({ length: 200 }, () => intent(grantFor(policy(), { org })));
    const results = await Promise.all(entries.map((entry) => recorded('gateway', entry)));
    expect(new Set(results.map(({ revision }) => revision)).size).toBe(200);
    expect(audit.audit.counter.records - before.records).toBe(200);
    expect(audit.audit.counter.writes - before.writes).toBeLessThan(60);
  });

  it('gives one result per entry in order, and a bad one does not refuse the others', async () => {
    const org = newId();
    const good = intent(grantFor(policy(), { org }));
    const denied: AppendEntry = {
      kind: 'denial',
      recordId: newId(),
      denial: denialFor(policy(), { org }),
      sealed: [],
      argumentBytes: 3,
    };
    const results = await append(
      'gateway',
      fact(org),
      good,
      intent(grantFor(fixture.keyring('policy')), newId()),
      denied,
    );
    expect(results.map(({ status }) => status)).toEqual(['refused', 'recorded', 'recorded', 'recorded']);
    expect(results.map(({ recordId }) => recordId)).toEqual([
      expect.any(String),
      good.recordId,
      expect.any(String),
      denied.recordId,
    ]);
  });
});

describe('who may have what recorded', () => {
  const foreign = async (entry: AppendEntry) => (await append('gateway', entry))[0];

  it('refuses a grant that policy did not make', async () => {
    verifies('B1');
    const grant = grantFor(policy());
    const [header, payload, tag] = grant.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const forged = Buffer.from(JSON.stringify({ ...claims, tool: 'delete_everything' })).toString(
      'base64url',
    );
    for (const token of [`${header}.${forged}.${tag}`, `${header}.${payload}.${'A'.repeat(43)}`]) {
      expect(await foreign(intent(token))).toMatchObject({ status: 'refused', code: 'UNAUTHENTICATED' });
    }
  });

  it("refuses a grant of another installation, a denial as a grant, and the vault's half of the grant", async () => {
    const other = testTrust();
    const { vault } = issueForAudiences(policy(), 'pc-grant+jwt', ['audit', 'vault'], grantClaims());
    for (const token of [grantFor(other.keyring('policy')), denialFor(policy()), vault]) {
      expect(await foreign(intent(token))).toMatchObject({ status: 'refused', code: 'UNAUTHENTICATED' });
    }
    other.clean();
  });

  it('refuses an expired grant for an intent, and takes it for an outcome', async () => {
    const past = new Date(Date.now() - 50_000);
    const grant = grantFor(fixture.trust.keyring('policy', () => past));
    expect(await foreign(intent(grant))).toMatchObject({ status: 'refused', code: 'UNAUTHENTICATED' });
    expect(await foreign(outcome(grant, { intent: newId() }))).toMatchObject({
      status: 'recorded',
      receipt: null,
    });
  });

  it('keeps the services to their own statements', async () => {
    const org = newId();
    const grant = grantFor(policy(), { org });
    const refused: [Sender, AppendEntry][] = [
      ['gateway', fact(org)],
      ['vault', intent(grant)],
      ['policy', outcome(grant, { intent: newId() })],
      ['control', intent(grant)],
      ['gateway', intent(grantFor(policy(), { org, op: 'secret.put', tool: null, tdg: null, label: null }))],
      ['control', fact(org, { action: 'policy.RoleGranted.v1' })],
      ['vault', fact(org, { action: 'user.created' })],
      ['policy', fact(org, { action: 'secret.stored' })],
      ['policy', fact(org, { action: 'policyish.thing' })],
      ['control', fact(org, { action: 'user' })],
    ];
    for (const [sender, entry] of refused) {
      expect([sender, await append(sender, entry)]).toMatchObject([
        sender,
        [{ status: 'refused', code: 'FORBIDDEN' }],
      ]);
    }
    expect(await append('gateway', outcome(grant, { intent: newId(), result: 'interrupted' }))).toMatchObject(
      [{ status: 'refused', code: 'INVALID_ARGUMENT' }],
    );
    expect(await rowsOf(org)).toEqual([]);
  });

  it('records the facts of each service with its name, each deterministic recordId once', async () => {
    const org = newId();
    const facts: [Sender, string][] = [
      ['control', 'user.created'],
      ['vault', 'secret.stored'],
      ['vault', 'ownerKey.created'],
      ['policy', 'policy.RoleGranted.v1'],
    ];
    for (const [sender, action] of facts) {
      const entry = fact(org, { action, recordId: deterministicId('test', org, action) });
      const first = await recorded(sender, entry);
      expect(await recorded(sender, entry)).toEqual(first);
    }
    const rows = await rowsOf(org, { class: 'admin' });
    expect(rows.map(({ record }) => [record.source, record.action.op])).toEqual(facts.reverse());
    expect(rows[0]).toMatchObject({
      state: null,
      record: { type: 'AdminActionRecorded', data: { role: 'member' } },
    });
  });

  it("gives control a receipt for an admin operation's grant, recorded as an admin action", async () => {
    const org = newId();
    const grant = grantFor(policy(), { org, op: 'secret.put', tool: null, tdg: null, label: null });
    expect(await recorded('control', intent(grant))).toMatchObject({ receipt: expect.any(String) });
    expect(await rowsOf(org)).toMatchObject([
      {
        state: null,
        record: { type: 'AdminActionAuthorized', class: 'admin', action: { op: 'secret.put' } },
      },
    ]);
  });
});

describe('denials and outcomes', () => {
  it("records a denial in policy's words, without the texts of its reasons", async () => {
    verifies('P8', 'P10');
    const org = newId();
    const reasons = [{ code: 'rule_denies', rule: 'no-payments', message: 'amount 4711 is over 100' }];
    const denial = denialFor(policy(), { org, rule: 'no-payments', reasons });
    await recorded('gateway', { kind: 'denial', recordId: newId(), denial, sealed: [], argumentBytes: 10 });
    const [row] = await rowsOf(org, { outcome: 'denied' });
    expect(row).toMatchObject({
      state: { status: 'denied', recordId: row?.record.recordId, outcome: null },
      record: {
        type: 'ToolCallDenied',
        decision: {
          result: 'deny',
          rule: 'no-payments',
          reasons: [{ code: 'rule_denies', rule: 'no-payments' }],
        },
      },
    });
    expect(JSON.stringify(row)).not.toContain('4711');
  });

  it('joins the outcome to the intent, with latency and sizes, and keeps no payload', async () => {
    verifies('P8', 'P10', 'G7', 'D8');
    const org = newId();
    const grant = grantFor(policy(), { org });
    const begun = await recorded('gateway', intent(grant));
    await recorded('gateway', outcome(grant, { intent: begun.recordId, result: 'failure' }));
    const [completed, started] = await rowsOf(org, { outcome: 'failure' });
    expect(completed?.record).toMatchObject({ type: 'ToolCallCompleted', call: { intent: begun.recordId } });
    expect(started).toMatchObject({
      record: { recordId: begun.recordId, outcome: null },
      state: {
        status: 'failure',
        recordId: completed?.record.recordId,
        outcome: { latencyMs: 12, resultBytes: 345 },
      },
    });
    expect(await rowsOf(org, { outcome: 'pending' })).toEqual([]);
  });

  it('keeps the first outcome when there are two', async () => {
    const org = newId();
    const grant = grantFor(policy(), { org });
    const begun = await recorded('gateway', intent(grant));
    const first = await recorded('gateway', outcome(grant, { intent: begun.recordId, result: 'timeout' }));
    await recorded('gateway', outcome(grant, { intent: begun.recordId, result: 'success' }));
    const rows = await rowsOf(org);
    expect(rows.map(({ state }) => [state?.status, state?.recordId])).toEqual(
      Array.from({ length: 3 }, () => ['timeout', first.recordId]),
    );
  });

  it('refuses to record an answer or arguments: there is no field for them', async () => {
    verifies('P10', 'G7');
    const grant = grantFor(policy());
    const withPayload: AppendEntry = Object.assign(outcome(grant, { intent: newId() }), {
      answer: 'the customer list',
    });
    await expect(append('gateway', withPayload)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('a gateway that knows which records are still to come', () => {
  const org = newId();
  const toCome: [string, () => string][] = [
    ['of a fact', () => deterministicId('portcullis/v1/policy-fact', `policy-${org}`, '3')],
    ['of an interruption', () => interruptedRecordId(org, sha256('grant').toString('base64url'))],
    ['of the past', () => earlierId(8 * 86_400_000)],
    ['of the future', () => earlierId(-120_000)],
  ];

  it.each(toCome)('can not take the recordId %s', async (_, of) => {
    verifies('P8');
    const recordId = of();
    const denial = denialFor(policy(), { org });
    const taken: AppendEntry = { kind: 'denial', recordId, denial, sealed: [], argumentBytes: 0 };
    expect(await append('gateway', taken)).toMatchObject([{ status: 'refused', code: 'FORBIDDEN' }]);
    await recorded('policy', fact(org, { recordId, action: 'policy.RoleGranted.v1' }));
  });

  it('has its own records recorded, late ones too', async () => {
    await recorded('gateway', intent(grantFor(policy(), { org }), earlierId(60_000)));
  });
});
