import { describe, expect, it } from '@jest/globals';
import {
  ADMIN,
  BASE,
  MEMBER,
  NOTES,
  ORG,
  run,
  snapshotOf,
  STRANGER,
  ulid,
} from '@portcullis/policy-engine/testing';
import { ERASURE_OPERATIONS, KEK_OPERATIONS } from '@portcullis/contracts';
import { initialState, someone } from '@portcullis/policy-engine';
import { verifies } from '../../../../tools/verifies.js';
import { decideAdmin, type AdminQuestion } from './decide-admin.js';

const WEB = ulid('CCC', 3);
const slots = [
  { slot: 'shared', owner: 'organisation' as const },
  { slot: 'own', owner: 'user' as const },
];
const snapshot = snapshotOf(
  run(initialState, ...BASE, {
    type: 'ConnectServer',
    srv: WEB,
    slug: 'web',
    dst: 'https://web.example',
    slots,
  }).state,
);

const outcome = (
  user: string,
  operation: AdminQuestion['operation'],
  secret: AdminQuestion['secret'] = null,
): string => {
  const { decision, rule } = decideAdmin(snapshot, { asker: someone(user), operation, secret });
  return `${decision} ${rule}`;
};

type Target = { srv: string; slot: string; ownerKind: string; owner: string; dst: string };
const secret = (
  kind: 'organisation' | 'user',
  owner: string,
  change: Partial<Target> = {},
): AdminQuestion['secret'] => {
  const slot = kind === 'user' ? slots[1]! : slots[0]!;
  const target = { srv: WEB, slot: slot.slot, ownerKind: kind, owner, dst: 'https://web.example', ...change };
  return { srv: WEB, slot, owner, arguments: { target, sealed: { kid: 'k', enc: '', ciphertext: '' } } };
};

describe('administrative operations', () => {
  verifies('H2');
  it.each([
    'directory.write',
    'policy.write',
    'policy.read',
    'audit.read',
    'audit.export',
    'organisation.create',
    ...ERASURE_OPERATIONS,
  ] as const)('%s is for admins', (operation) => {
    expect(outcome(ADMIN, operation)).toBe('allow organisation-admin');
    expect(outcome(MEMBER, operation)).toBe('deny not-an-admin');
    expect(outcome(STRANGER, operation)).toBe('deny not-a-member');
  });

  it('what is of the whole installation is for admins of the home organisation only', () => {
    const [register, ...rest] = BASE;
    const elsewhere = snapshotOf(run(initialState, { ...register!, home: false } as never, ...rest).state);
    for (const operation of ['organisation.create', ...KEK_OPERATIONS, 'kek.read'] as const) {
      const question = { asker: someone(ADMIN), operation, secret: null };
      expect(decideAdmin(elsewhere, question)).toMatchObject({ decision: 'deny', rule: 'not-an-admin' });
      expect(decideAdmin(snapshot, question)).toMatchObject({
        decision: 'allow',
        rule: 'organisation-admin',
      });
    }
  });
});

describe('secrets', () => {
  it('of the organisation are kept by admins', () => {
    expect(outcome(ADMIN, 'secret.put', secret('organisation', ORG))).toBe('allow organisation-admin');
    expect(outcome(MEMBER, 'secret.put', secret('organisation', ORG))).toBe('deny not-an-admin');
    expect(outcome(ADMIN, 'secret.put', secret('organisation', ulid('AAA', 2)))).toBe(
      'deny secret-target-mismatch',
    );
    expect(outcome(ADMIN, 'secret.delete', secret('organisation', ORG))).toBe('allow organisation-admin');
    expect(outcome(MEMBER, 'secret.delete', secret('organisation', ORG))).toBe('deny not-an-admin');
  });

  it('of a person are kept by that person, deleted by an admin too', () => {
    expect(outcome(MEMBER, 'secret.put', secret('user', MEMBER))).toBe('allow own-secret');
    expect(outcome(ADMIN, 'secret.put', secret('user', MEMBER))).toBe('deny foreign-secret');
    expect(outcome(MEMBER, 'secret.delete', secret('user', ADMIN))).toBe('deny foreign-secret');
    expect(outcome(ADMIN, 'secret.delete', secret('user', MEMBER))).toBe('allow organisation-admin');
    expect(outcome(STRANGER, 'secret.put', secret('user', STRANGER))).toBe('deny not-a-member');
  });

  it.each<[string, Partial<Target>]>([
    ['destination', { dst: 'https://evil.example' }],
    ['server', { srv: NOTES }],
    ['slot', { slot: 'other' }],
    ['owner', { owner: ADMIN }],
    ['kind of owner', { ownerKind: 'user' }],
  ])('never go to another %s than was decided on', (_name, change) => {
    expect(outcome(ADMIN, 'secret.put', secret('organisation', ORG, change))).toBe(
      'deny secret-target-mismatch',
    );
  });

  it('go to slots that the server has', () => {
    const asked = { ...secret('organisation', ORG)!, slot: { slot: 'own', owner: 'organisation' as const } };
    expect(outcome(ADMIN, 'secret.put', asked)).toBe('deny secret-target-mismatch');
    expect(outcome(ADMIN, 'secret.put', null)).toBe('deny secret-target-mismatch');
    expect(outcome(ADMIN, 'secret.put', { ...secret('organisation', ORG)!, srv: ulid('CCC', 9) })).toBe(
      'deny unknown-server',
    );
    expect(outcome(ADMIN, 'secret.put', { ...secret('organisation', ORG)!, arguments: null })).toBe(
      'deny secret-target-mismatch',
    );
  });
});
