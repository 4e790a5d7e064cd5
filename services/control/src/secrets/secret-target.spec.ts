import { describe, expect, it } from '@jest/globals';
import type { AppError } from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { ServerRow } from '../database/rows.js';
import { secretTarget, type WantedSecret } from './secret-target.js';

const [ORG, USER, OTHER, SRV] = ['A', 'B', 'C', 'D'].map((letter) => `01${letter.repeat(24)}`) as [
  string,
  string,
  string,
  string,
];
const admin = { principal: { org: ORG, sub: USER } } as Admin;
const server = {
  srv: SRV,
  slug: 'notes',
  dst: 'https://mcp.example.com',
  slots: [
    { slot: 'token', owner: 'organisation', header: 'Authorization', prefix: '' },
    { slot: 'own', owner: 'user', header: 'X-Key', prefix: '' },
  ],
} as ServerRow;

const codeOf = (wanted: WantedSecret): string => {
  try {
    return secretTarget(admin, server, wanted).target.owner;
  } catch (thrown) {
    return (thrown as AppError).code;
  }
};

describe('secretTarget', () => {
  it.each<{ wanted: WantedSecret; owner: string }>([
    { wanted: { slot: 'token', owner: 'organisation' }, owner: ORG },
    { wanted: { slot: 'token', owner: 'organisation', user: OTHER }, owner: ORG },
    { wanted: { slot: 'own', owner: 'user' }, owner: USER },
    { wanted: { slot: 'own', owner: 'user', user: OTHER }, owner: OTHER },
    { wanted: { slot: 'own', owner: 'organisation' }, owner: 'INVALID_ARGUMENT' },
    { wanted: { slot: 'token', owner: 'user' }, owner: 'INVALID_ARGUMENT' },
    { wanted: { slot: 'nope', owner: 'organisation' }, owner: 'NOT_FOUND' },
  ])('$wanted → $owner', ({ wanted, owner }) => {
    expect(codeOf(wanted)).toBe(owner);
  });

  it('takes the destination from the directory, never from the asker', () => {
    expect(secretTarget(admin, server, { slot: 'own', owner: 'user' }).target).toEqual({
      ownerKind: 'user',
      owner: USER,
      srv: SRV,
      slot: 'own',
      dst: 'https://mcp.example.com',
    });
  });
});
