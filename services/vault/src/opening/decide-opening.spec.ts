import { newId, type GrantClaims } from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import type { ServerGrant } from '../proof/decide-proof.js';
import type { StoredSecret } from '../storage/stored-secret.js';
import { decideOpening } from './decide-opening.js';

const org = newId();
const sub = newId();
const srv = newId();
const dst = 'https://mcp.example.com';

const secret = (changes: Partial<StoredSecret> = {}): StoredSecret => ({
  org,
  secretId: newId(),
  ownerKind: 'organisation',
  owner: org,
  srv,
  slot: 'workspace',
  dst,
  version: 1,
  last4: null,
  createdAt: '2026-11-21T00:00:00.000Z',
  updatedAt: '2026-11-21T00:00:00.000Z',
  suspended: false,
  ...changes,
});
const grant = {
  org,
  sub,
  srv,
  dst,
  slots: [
    { slot: 'workspace', owner: 'organisation' },
    { slot: 'personal', owner: 'user' },
  ],
} as ServerGrant;
const workspace = secret();
const personal = secret({ slot: 'personal', ownerKind: 'user', owner: sub });

const refusal = (found: StoredSecret[], of: ServerGrant = grant) => {
  try {
    decideOpening(of, found);
  } catch (error) {
    const { code, details } = error as { code: string; details: unknown };
    return { code, details };
  }
  throw new Error('it was opened');
};

describe('which secrets a grant opens', () => {
  verifies('B2');

  it("the organisation's and the caller's own, in the order of the slots", () => {
    expect(decideOpening(grant, [personal, workspace])).toEqual([workspace, personal]);
  });

  it.each([
    ["another user's", secret({ slot: 'personal', ownerKind: 'user', owner: newId() })],
    ["another organisation's", secret({ org: newId(), slot: 'personal', ownerKind: 'user', owner: sub })],
    ["another server's", secret({ srv: newId(), slot: 'personal', ownerKind: 'user', owner: sub })],
    ["the organisation's in the user's slot", secret({ slot: 'personal' })],
    ['one of another slot', secret({ slot: 'personal-2', ownerKind: 'user', owner: sub })],
  ])('never %s', (_what, other) => {
    const details = { slot: 'personal', owner: 'user', srv };
    expect(refusal([workspace, other])).toEqual({ code: 'CREDENTIAL_MISSING', details });
  });

  it('names the slot that is missing', () => {
    expect(refusal([personal])).toEqual({
      code: 'CREDENTIAL_MISSING',
      details: { slot: 'workspace', owner: 'organisation', srv },
    });
  });

  it.each([
    ['another destination', { dst: 'https://moved.example.com' }, 'destination_changed'],
    ['another port', { dst: `${dst}:8443` }, 'destination_changed'],
    ['suspended', { suspended: true }, 'suspended'],
  ])('none that is %s', (_what, changes, reason) => {
    expect(refusal([secret(changes), personal])).toMatchObject({
      code: 'CREDENTIAL_SUSPENDED',
      details: { slot: 'workspace', reason },
    });
  });

  it('opens nothing for a grant that names a slot twice', () => {
    const slots: GrantClaims['slots'] = [
      { slot: 'workspace', owner: 'organisation' },
      { slot: 'workspace', owner: 'user' },
    ];
    const both = [workspace, secret({ ownerKind: 'user', owner: sub })];
    expect(refusal(both, { ...grant, slots }).code).toBe('INVALID_ARGUMENT');
  });

  it('opens nothing for a grant without slots', () => {
    expect(refusal([workspace], { ...grant, slots: [] }).code).toBe('INVALID_ARGUMENT');
  });
});
