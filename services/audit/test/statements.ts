import { randomBytes } from 'node:crypto';
import {
  issueForAudiences,
  idFromBytes,
  issueToken,
  newId,
  sha256,
  type AppendEntry,
  type Keyring,
  type Outcome,
  type TokenClaims,
} from '@portcullis/contracts';

/** An id that was made so many milliseconds ago: of a statement that is sent again. */
export function earlierId(ageMs: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now() - ageMs, 0, 6);
  return idFromBytes(bytes);
}

type GrantInput = TokenClaims<'pc-grant+jwt'>;

export const hash = (text: string): string => sha256(text).toString('base64url');

/** What policy would say about one allowed call. */
export function grantClaims(overrides: Partial<GrantInput> = {}): GrantInput {
  return {
    org: newId(),
    sub: newId(),
    act: { client: 'claude-desktop', agent: null },
    kind: 'user',
    sid: 'key-1',
    pah: hash('assertion'),
    call: newId(),
    attempt: 1,
    did: newId(),
    rev: 7,
    pdg: hash('policy'),
    op: 'tool.call',
    srv: '01JD0000000000000000000SRV',
    slug: 'notes',
    dst: 'https://notes.example.com',
    tool: 'list_notes',
    tdg: hash('definition'),
    label: 'read',
    ad: hash('arguments'),
    slots: [],
    rule: 'members-read',
    apr: null,
    rkh: null,
    ...overrides,
  };
}

export const grantFor = (policy: Keyring, overrides: Partial<GrantInput> = {}): string =>
  issueForAudiences(policy, 'pc-grant+jwt', ['audit', 'vault'], grantClaims(overrides)).audit;

export function denialFor(policy: Keyring, overrides: Partial<TokenClaims<'pc-denial+jwt'>> = {}): string {
  const { slots: _slots, dst: _dst, rkh: _rkh, apr: _apr, ...claims } = grantClaims();
  return issueToken(policy, 'pc-denial+jwt', 'audit', {
    ...claims,
    rule: 'default-deny',
    decision: 'deny',
    reasons: [{ code: 'no_rule_allows', rule: null, message: 'No rule allows it.' }],
    ...overrides,
  });
}

export const READ_FOR = {
  purpose: 'simulation',
  about: {
    simulation: hash('simulation'),
    from: '2026-10-01T00:00:00.000Z',
    to: '2026-11-01T00:00:00.000Z',
  },
  boxes: 512,
} as const;

export function readingFor(policy: Keyring, overrides: Partial<TokenClaims<'pc-reading+jwt'>> = {}): string {
  const { org, sub, act, kind, sid, pah, call, attempt, did, rev, pdg } = grantClaims();
  return issueForAudiences(policy, 'pc-reading+jwt', ['audit', 'vault'], {
    ...{ org, sub, act, kind, sid, pah, call, attempt, did, rev, pdg },
    ...READ_FOR,
    rule: 'organisation-admin',
    op: 'sealed.read',
    rkh: hash('reply key'),
    ...overrides,
  }).audit;
}

export const reading = (token: string, recordId = newId()): AppendEntry => ({
  kind: 'reading',
  recordId,
  reading: token,
});

export const intent = (grant: string, recordId = newId()): AppendEntry => ({
  kind: 'intent',
  recordId,
  grant,
  sealed: [],
  argumentBytes: 42,
});

export const outcomeOf = (result: Outcome['result'], overrides: Partial<Outcome> = {}): Outcome => ({
  result,
  latencyMs: 12,
  resultBytes: 345,
  resultDigest: hash('answer'),
  error: null,
  redactions: 0,
  ...overrides,
});

export const outcome = (
  grant: string,
  of: { intent: string; result?: Outcome['result']; recordId?: string },
): AppendEntry => ({
  kind: 'outcome',
  recordId: of.recordId ?? newId(),
  grant,
  intent: of.intent,
  outcome: outcomeOf(of.result ?? 'success'),
});

export const fact = (
  org: string,
  overrides: Partial<Extract<AppendEntry, { kind: 'fact' }>> = {},
): AppendEntry => ({
  kind: 'fact',
  recordId: newId(),
  org,
  action: 'user.created',
  actor: { kind: 'user', id: newId() },
  target: { type: 'user', id: 'U1' },
  data: { role: 'member' },
  occurredAt: '2026-11-21T10:00:00.000Z',
  sealed: [],
  ...overrides,
});

export const principalFor = (control: Keyring, org: string, to: 'audit' | 'vault' = 'audit'): string =>
  issueToken(control, 'pc-principal+jwt', to, {
    org,
    sub: newId(),
    act: { client: null, agent: null },
    kind: 'user',
    scopes: ['admin'],
    sid: 'key-admin',
    amr: ['pwd'],
    gen: 0,
  });
