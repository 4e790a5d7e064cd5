import type { TokenClaims } from '../src/tokens/issue-token.js';
import type { TokenType } from '../src/tokens/token-types.js';

export const ORG = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
export const USER = '01BX5ZZKBKACTAV9WEVGEMMVRZ';
export const SRV = '01BX5ZZKBKACTAV9WEVGEMMVS0';
const hash = (letter: string): string => letter.repeat(42) + 'A';

const decided = {
  org: ORG,
  sub: USER,
  act: { client: 'client-1', agent: null },
  kind: 'user' as const,
  sid: 'session-1',
  pah: hash('p'),
  call: '01BX5ZZKBKACTAV9WEVGEMMVS1',
  attempt: 1,
  did: '01BX5ZZKBKACTAV9WEVGEMMVS2',
  rev: 7,
  pdg: hash('g'),
  tool: 'send_message',
  tdg: hash('t'),
  label: 'write' as const,
  ad: hash('a'),
  rule: 'team-writes',
};

const { tool: _tool, tdg: _tdg, label: _label, ad: _ad, ...reader } = decided;

/** A valid example of each token's claims. */
export const CLAIMS: { [T in TokenType]: TokenClaims<T> } = {
  'pc-principal+jwt': {
    org: ORG,
    sub: USER,
    act: { client: null, agent: 'agent-7' },
    kind: 'agent',
    scopes: ['mcp', 'mcp:write'],
    sid: 'session-1',
    amr: ['otp'],
    gen: 3,
  },
  'pc-request+jwt': { reqh: hash('r') },
  'pc-reply+jwt': { reqh: hash('r'), bodyh: hash('b') },
  'pc-grant+jwt': {
    ...decided,
    op: 'tool.call',
    srv: SRV,
    slug: 'slack',
    dst: 'https://mcp.slack.example',
    slots: [{ slot: 'token', owner: 'user' }],
    apr: null,
    rkh: hash('k'),
  },
  'pc-denial+jwt': {
    ...decided,
    op: 'tool.call',
    srv: SRV,
    slug: 'slack',
    decision: 'deny',
    reasons: [{ code: 'rule_denies', rule: 'team-writes', message: 'Denied by rule team-writes.' }],
  },
  'pc-reading+jwt': {
    ...reader,
    op: 'sealed.read',
    purpose: 'simulation',
    about: {
      simulation: hash('s'),
      from: '2026-06-01T00:00:00.000Z',
      to: '2026-07-01T00:00:00.000Z',
    },
    boxes: 4096,
    rkh: hash('k'),
  },
  'pc-receipt+jwt': {
    kind: 'intent',
    org: ORG,
    call: decided.call,
    attempt: 1,
    gh: hash('g'),
    recordId: '01BX5ZZKBKACTAV9WEVGEMMVS3',
    dh: hash('d'),
    stream: `audit-${ORG}-calls-202606`,
    revision: 0,
  },
};
