import { newId, secretAad } from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import { credentialAad } from './credential-aad.js';
import type { StoredSecret } from './stored-secret.js';

const secret: StoredSecret = {
  org: newId(),
  secretId: newId(),
  ownerKind: 'user',
  owner: newId(),
  srv: newId(),
  slot: 'token',
  dst: 'https://mcp.example.com',
  version: 3,
  last4: null,
  createdAt: '2026-11-21T00:00:00.000Z',
  updatedAt: '2026-11-21T00:00:00.000Z',
  suspended: false,
};
const bytes = (changes: Partial<StoredSecret> = {}): Buffer =>
  secretAad(credentialAad({ ...secret, ...changes }));

describe('what a ciphertext is bound to', () => {
  verifies('P1', 'G1');

  it.each<[string, Partial<StoredSecret>]>([
    ['organisation', { org: newId() }],
    ['id', { secretId: newId() }],
    ['kind of owner', { ownerKind: 'organisation' }],
    ['owner', { owner: newId() }],
    ['server', { srv: newId() }],
    ['slot', { slot: 'other' }],
    ['destination', { dst: 'https://mcp.example.com:8443' }],
    ['version', { version: 4 }],
  ])('holds its %s', (_what, changes) => {
    expect(bytes(changes).equals(bytes())).toBe(false);
  });

  it('holds nothing that may change without a new ciphertext', () => {
    expect(bytes({ last4: 'abcd', suspended: true, updatedAt: '2026-11-22T00:00:00.000Z' })).toEqual(bytes());
  });
});
