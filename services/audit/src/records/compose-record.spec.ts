import {
  auditRecordSchema,
  deterministicId,
  newId,
  type AuditRecord,
  type DenialClaims,
  type DenialEntry,
  type GrantClaims,
  type IntentEntry,
  type OutcomeEntry,
} from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import {
  denialRecord,
  factRecord,
  intentRecord,
  interruptedRecord,
  outcomeRecord,
} from './compose-record.js';
import { recordIdentity } from './record-identity.js';

const id = (text: string): string => deterministicId('test', text);
const HASH = 'A'.repeat(43);
const accepted = {
  time: new Date('2026-11-21T10:00:00.123Z'),
  nonce: 'B'.repeat(22),
  source: 'gateway' as const,
};

const grant: GrantClaims = {
  iss: 'policy',
  aud: ['audit', 'vault'],
  jti: 'C'.repeat(22),
  iat: 1_795_255_200,
  exp: 1_795_255_230,
  org: id('org'),
  sub: id('user'),
  act: { client: 'cursor', agent: 'coder' },
  kind: 'agent',
  sid: 'key-1',
  pah: HASH,
  call: id('call'),
  attempt: 2,
  did: id('decision'),
  rev: 7,
  pdg: HASH,
  op: 'tool.call',
  srv: id('server'),
  slug: 'payments',
  dst: 'https://payments.example.com',
  tool: 'pay',
  tdg: HASH,
  label: 'write',
  ad: HASH,
  slots: [],
  rule: 'payers-pay',
  apr: null,
  rkh: null,
};

const intentEntry: IntentEntry = {
  kind: 'intent',
  recordId: id('intent'),
  grant: 'a.b.c',
  sealed: [],
  argumentBytes: 99,
};
const outcomeEntry = (result: OutcomeEntry['outcome']['result']): OutcomeEntry => ({
  kind: 'outcome',
  recordId: id('outcome'),
  grant: 'a.b.c',
  intent: id('intent'),
  outcome: { result, latencyMs: 5, resultBytes: 10, resultDigest: null, error: null, redactions: 0 },
});

const intent = (overrides: Partial<GrantClaims> = {}): AuditRecord =>
  intentRecord(intentEntry, { ...grant, ...overrides }, HASH, { ...accepted, deadlineMs: 90_000 });

describe('what a record says', () => {
  verifies('P8', 'D8');

  it('keeps what the decision was made from, where policy said so', () => {
    verifies('B6');
    const inp = {
      time: '2026-11-21T10:00:00.000Z',
      generation: 2,
      scopes: ['mcp'],
      context: { transport: 'http' as const },
      annotations: { destructiveHint: true },
    };
    const record = intent({ inp });
    expect(record.decision?.inputs).toEqual(inp);
    expect(auditRecordSchema.parse(record)).toEqual(record);
    expect(intent().decision).not.toHaveProperty('inputs');
    expect(intent().decision).not.toHaveProperty('approval');
    expect(intent({ apr: id('approval') }).decision?.approval).toBe(id('approval'));
  });

  it('takes who, what and why of an intent from the grant', () => {
    expect(intent()).toEqual({
      v: 1,
      type: 'ToolCallAuthorized',
      recordId: id('intent'),
      org: id('org'),
      class: 'calls',
      time: '2026-11-21T10:00:00.123Z',
      source: 'gateway',
      actor: { kind: 'agent', id: id('user'), client: 'cursor', agent: 'coder', session: 'key-1' },
      action: {
        op: 'tool.call',
        srv: id('server'),
        slug: 'payments',
        tool: 'pay',
        label: 'write',
        target: null,
      },
      decision: {
        id: id('decision'),
        result: 'allow',
        rule: 'payers-pay',
        revision: 7,
        policyDigest: HASH,
        reasons: [],
      },
      call: {
        id: id('call'),
        attempt: 2,
        intent: null,
        deadline: new Date(1_795_255_200_000 + 90_000).toISOString(),
        argumentBytes: 99,
      },
      digests: { arguments: HASH, definition: HASH, assertion: HASH, grant: HASH },
      outcome: null,
      data: null,
      occurredAt: null,
      nonce: 'B'.repeat(22),
      sealed: [],
    });
  });

  it.each(['user', 'agent', 'system'] as const)('names a %s as what it is', (kind) => {
    expect(intent({ kind }).actor?.kind).toBe(kind);
  });

  it.each([
    ['success', false, 'ToolCallCompleted'],
    ['failure', false, 'ToolCallCompleted'],
    ['timeout', false, 'ToolCallCompleted'],
    ['cancelled', false, 'ToolCallCompleted'],
    ['aborted', false, 'AbortedBeforeEffect'],
    ['success', true, 'OutcomeRecovered'],
    ['aborted', true, 'OutcomeRecovered'],
  ] as const)('makes of the outcome %s (interrupted before: %s) a %s', (result, interrupted, type) => {
    const record = outcomeRecord(outcomeEntry(result), grant, HASH, { ...accepted, interrupted });
    expect(record).toMatchObject({
      type,
      class: 'calls',
      call: { intent: id('intent'), attempt: 2 },
      outcome: { result },
    });
    expect(auditRecordSchema.parse(record)).toEqual(record);
  });

  it('does not take a conclusion of its own from the gateway', () => {
    expect(() =>
      outcomeRecord(outcomeEntry('interrupted'), grant, HASH, { ...accepted, interrupted: false }),
    ).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it.each([
    ['tool.call', 'ToolCallDenied', 'calls'],
    ['catalog.read', 'ToolCallDenied', 'calls'],
    ['policy.write', 'AdminActionDenied', 'admin'],
    ['secret.put', 'AdminActionDenied', 'admin'],
  ] as const)('records the denial of %s as %s in the class %s', (op, type, recordClass) => {
    const { slots: _slots, dst: _dst, apr: _apr, rkh: _rkh, ...claims } = grant;
    const denial: DenialClaims = {
      ...claims,
      op,
      aud: 'audit',
      decision: 'approval_required',
      reasons: [{ code: 'approval', rule: 'four-eyes', message: 'value 4711' }],
    };
    const entry: DenialEntry = {
      kind: 'denial',
      recordId: id('denial'),
      denial: 'a.b.c',
      sealed: [],
      argumentBytes: 3,
    };
    const record = denialRecord(entry, denial, accepted);
    expect(record).toMatchObject({
      type,
      class: recordClass,
      decision: { result: 'approval_required', reasons: [{ code: 'approval', rule: 'four-eyes' }] },
      digests: { grant: null },
    });
    expect(JSON.stringify(record)).not.toContain('4711');
    expect(auditRecordSchema.parse(record)).toEqual(record);
  });

  it('records an admin operation on a secret without a deadline: the vault tells what became of it', () => {
    expect(intent({ op: 'secret.put', tool: null, tdg: null, label: null })).toMatchObject({
      type: 'AdminActionAuthorized',
      class: 'admin',
      call: { deadline: null },
    });
  });

  it('takes the source of a fact from the authenticated caller', () => {
    const record = factRecord(
      {
        kind: 'fact',
        recordId: id('fact'),
        org: id('org'),
        action: 'policy.RoleGranted.v1',
        actor: { kind: 'user', id: id('admin') },
        target: { type: 'user', id: id('user') },
        data: { role: 'payer' },
        occurredAt: '2026-11-21T09:59:59.000Z',
        sealed: [],
      },
      { ...accepted, source: 'policy' },
    );
    expect(record).toMatchObject({ source: 'policy', class: 'admin', type: 'AdminActionRecorded' });
    expect(auditRecordSchema.parse(record)).toEqual(record);
  });

  it('closes an intent under one recordId, whoever does it and whenever', () => {
    const first = interruptedRecord(intent(), accepted);
    const second = interruptedRecord(intent(), {
      time: new Date('2027-01-01T00:00:00.000Z'),
      nonce: 'D'.repeat(22),
    });
    expect(first).toMatchObject({
      type: 'ToolCallInterrupted',
      source: 'audit',
      decision: null,
      call: { intent: id('intent') },
      outcome: { result: 'interrupted' },
    });
    expect(second.recordId).toBe(first.recordId);
    expect(recordIdentity(second)).toBe(recordIdentity(first));
    expect(auditRecordSchema.parse(first)).toEqual(first);
  });
});

describe('the identity of a record', () => {
  it('ignores what audit adds, and nothing else', () => {
    const record = intent();
    const later = { ...record, time: '2026-12-01T00:00:00.000Z', nonce: 'E'.repeat(22) };
    expect(recordIdentity(later)).toBe(recordIdentity(record));
    const outcome = outcomeRecord(outcomeEntry('success'), grant, HASH, { ...accepted, interrupted: false });
    expect(recordIdentity({ ...outcome, type: 'OutcomeRecovered' })).toBe(recordIdentity(outcome));
  });

  it.each([
    ['org', newId()],
    ['source', 'control'],
    ['actor', { kind: 'user', id: 'mallory', client: null, agent: null, session: null }],
    ['digests', { arguments: HASH, definition: HASH, assertion: HASH, grant: 'Z'.repeat(43) }],
    ['data', { role: 'admin' }],
  ])('depends on %s', (field, value) => {
    expect(recordIdentity({ ...intent(), [field]: value } as AuditRecord)).not.toBe(recordIdentity(intent()));
  });
});
