import {
  OPERATIONS,
  payloadHash,
  b64u,
  newId,
  type GrantClaims,
  type ReceiptClaims,
} from '@portcullis/contracts';
import { testTrust } from '@portcullis/platform/testing';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { claimsIn, Issuer, targetOf, type Pair } from '../../test/issuer.js';
import { decideProof, decideReplyKey } from './decide-proof.js';
import { decideOwnPut, decideTarget } from './decide-target.js';
import { Proofs } from './proofs.js';
import { verifySecretChange } from './verify-secret-change.js';

const trust = testTrust();
const issuer = new Issuer(trust);
const proofs = new Proofs(trust.keyring('vault'));
afterAll(() => trust.clean());

const verify = (pair: Pair, operations: readonly string[] = OPERATIONS, now = new Date()) =>
  proofs.verify(pair, operations, now);

function refusal(work: () => unknown): { code: string; reason: unknown } {
  try {
    work();
  } catch (error) {
    const { code, details } = error as { code: string; details?: Record<string, unknown> };
    return { code, reason: details?.['reason'] };
  }
  throw new Error('it was accepted');
}

describe('grant and receipt', () => {
  verifies('B2');

  it('are accepted when policy and audit made them for each other', () => {
    const pair = issuer.pair();
    const proof = verify(pair);
    expect(proof.grant).toEqual(claimsIn(pair.grant));
    expect(proof.receipt).toEqual(claimsIn(pair.receipt));
    expect(proof.grantHash).toBe(b64u(payloadHash(pair.grant)));
  });

  describe('forged', () => {
    verifies('B3');
    const now = Math.floor(Date.now() / 1000);
    const genuine = issuer.pair();
    const grant = (changes: object = {}) => ({ ...claimsIn<GrantClaims>(genuine.grant), ...changes });
    const receipt = (changes: object = {}) => ({ ...claimsIn<ReceiptClaims>(genuine.receipt), ...changes });

    it.each([
      [
        "a grant that the gateway made in policy's name",
        () => issuer.forged('pc-grant+jwt', grant(), 'gateway'),
      ],
      ["a grant that control made in policy's name", () => issuer.forged('pc-grant+jwt', grant(), 'control')],
      [
        'a grant that the gateway made in its own name',
        () => issuer.forged('pc-grant+jwt', grant({ iss: 'gateway' }), 'gateway'),
      ],
      [
        'a grant with policy as key id and the key of audit',
        () => issuer.forged('pc-grant+jwt', grant(), 'audit', issuer.policy),
      ],
      ['a receipt of policy used as a grant', () => issuer.forged('pc-receipt+jwt', grant(), 'policy')],
      ["the grant for audit, which isn't for the vault", () => issuer.grants({}).audit],
      ['a grant with another claim more', () => issuer.forged('pc-grant+jwt', grant({ extra: 1 }), 'policy')],
      [
        'a grant without approval claim',
        () => issuer.forged('pc-grant+jwt', grant({ apr: undefined }), 'policy'),
      ],
      [
        'a grant that lasts for an hour',
        () => issuer.forged('pc-grant+jwt', grant({ exp: now + 3600 }), 'policy'),
      ],
      [
        'a grant from the future',
        () => issuer.forged('pc-grant+jwt', grant({ iat: now + 60, exp: now + 80 }), 'policy'),
      ],
      ['a grant for audit only', () => issuer.forged('pc-grant+jwt', grant({ aud: ['audit'] }), 'policy')],
      ['no grant at all', () => 'e30.e30.e30'],
    ])('refuses %s', (_what, forge) => {
      const forged = forge();
      expect(refusal(() => verify({ ...genuine, grant: forged })).code).toBe('UNAUTHENTICATED');
    });

    it.each([
      [
        "a receipt that policy made in audit's name",
        () => issuer.forged('pc-receipt+jwt', receipt(), 'policy'),
      ],
      [
        "a receipt that the gateway made in audit's name",
        () => issuer.forged('pc-receipt+jwt', receipt(), 'gateway'),
      ],
      [
        'a receipt with audit as key id and the key of policy',
        () => issuer.forged('pc-receipt+jwt', receipt(), 'policy', issuer.audit),
      ],
      [
        'a receipt of an outcome',
        () => issuer.forged('pc-receipt+jwt', receipt({ kind: 'outcome' }), 'audit'),
      ],
      [
        'a receipt for the gateway',
        () => issuer.forged('pc-receipt+jwt', receipt({ aud: 'gateway' }), 'audit'),
      ],
      ['a grant of audit used as a receipt', () => issuer.forged('pc-grant+jwt', receipt(), 'audit')],
      ['the grant itself', () => genuine.grant],
    ])('refuses %s', (_what, forge) => {
      const forged = forge();
      expect(refusal(() => verify({ ...genuine, receipt: forged })).code).toBe('UNAUTHENTICATED');
    });

    it('refuses tokens of another installation', () => {
      const other = testTrust();
      const foreign = new Issuer(other).pair();
      other.clean();
      expect(refusal(() => verify(foreign)).code).toBe('UNAUTHENTICATED');
    });

    it('refuses a token in which any one character was changed', () => {
      fc.assert(
        fc.property(
          fc.constantFrom('grant', 'receipt'),
          fc.nat(),
          fc.stringMatching(/^[A-Za-z0-9_.-]$/),
          (which, at, c) => {
            const token = genuine[which as keyof Pair];
            const index = at % token.length;
            fc.pre(token[index] !== c);
            const changed = token.slice(0, index) + c + token.slice(index + 1);
            expect(refusal(() => verify({ ...genuine, [which]: changed })).code).toBe('UNAUTHENTICATED');
          },
        ),
        { numRuns: 300 },
      );
    });
  });

  it('are refused when they are over, with five seconds of grace for clocks', () => {
    const pair = issuer.pair();
    const { exp } = claimsIn<GrantClaims>(pair.grant);
    expect(verify(pair, OPERATIONS, new Date((exp + 4) * 1000)).grant.exp).toBe(exp);
    const late = refusal(() => verify(pair, OPERATIONS, new Date((exp + 5) * 1000)));
    expect(late).toEqual({ code: 'UNAUTHENTICATED', reason: 'expired' });
  });

  it.each([
    [
      'of another grant of the same call',
      () => {
        const call = { org: newId(), call: newId() };
        return { grant: issuer.grants(call).vault, receipt: issuer.pair(call).receipt };
      },
      'receipt_of_other_grant',
    ],
    ['of another organisation', () => issuer.pair({}, { org: newId() }), 'receipt_of_other_organisation'],
    ['of another call', () => issuer.pair({}, { call: newId() }), 'receipt_of_other_call'],
    ['of another attempt', () => issuer.pair({}, { attempt: 2 }), 'receipt_of_other_call'],
    [
      'that ends before its grant',
      () => {
        const { grant } = issuer.pair();
        return { grant, receipt: issuer.receipt(grant, { exp: claimsIn<GrantClaims>(grant).exp - 1 }) };
      },
      'receipt_of_other_term',
    ],
  ])('refuse a genuine receipt %s', (_what, make, reason) => {
    const pair = make();
    expect(refusal(() => verify(pair))).toEqual({ code: 'FORBIDDEN', reason });
  });

  it.each([
    ['a grant to store a secret opens nothing', 'secret.put', OPERATIONS],
    ['a grant to delete a secret opens nothing', 'secret.delete', OPERATIONS],
    ['a grant for a call stores nothing', 'tool.call', ['secret.put']],
    ['a grant to store deletes nothing', 'secret.put', ['secret.delete']],
  ] as const)('%s', (_what, op, operations) => {
    expect(refusal(() => verify(issuer.pair({ op }), operations))).toEqual({
      code: 'FORBIDDEN',
      reason: 'operation',
    });
  });

  it('prove nothing once any of the claims that join them differs', () => {
    const { grant, receipt, grantHash } = verify(issuer.pair());
    const strangers: Partial<ReceiptClaims>[] = [
      { gh: b64u(Buffer.alloc(32)) },
      { org: newId() },
      { call: newId() },
      { attempt: 9 },
      { exp: receipt.exp + 1 },
    ];
    expect(decideProof({ grant, grantHash, receipt }, OPERATIONS)).toBeNull();
    for (const stranger of strangers) {
      expect(
        decideProof({ grant, grantHash, receipt: { ...receipt, ...stranger } }, OPERATIONS),
      ).not.toBeNull();
    }
  });

  it('bind the reply key: another one, or none in the grant, is refused', () => {
    const { grant } = verify(issuer.pair());
    expect(decideReplyKey(grant, grant.rkh ?? '')).toBeNull();
    expect(decideReplyKey(grant, b64u(Buffer.alloc(32)))).toMatchObject({ reason: 'reply_key' });
    expect(decideReplyKey({ ...grant, rkh: null }, b64u(Buffer.alloc(32)))).toMatchObject({
      reason: 'reply_key',
    });
  });
});

describe('a change to a secret', () => {
  verifies('B2');
  const org = newId();
  const target = targetOf({ owner: org });
  const put = (changes = {}) =>
    issuer.change('secret.put', org, issuer.sealedPut(org, target, 'value'), changes);
  const check = (request: ReturnType<typeof put>) =>
    verifySecretChange(proofs, 'secret.put', request, new Date());

  it('is accepted with exactly the arguments that policy decided on', () => {
    expect(check(put()).grant.op).toBe('secret.put');
  });

  it.each([
    ['another sealed value', { sealed: issuer.sealedPut(org, target, 'other').sealed }],
    ['another destination', { target: { ...target, dst: 'https://evil.example.com' } }],
    ['another server', { target: { ...target, srv: newId() } }],
    ['another owner', { target: { ...target, owner: newId() } }],
  ])('is refused with %s than policy has seen', (_what, changes) => {
    const request = put();
    const changed = { ...request, arguments: { ...request.arguments, ...changes } };
    expect(refusal(() => check(changed))).toEqual({ code: 'FORBIDDEN', reason: 'arguments' });
  });

  it('is refused with another salt', () => {
    const changed = { ...put(), argumentSalt: b64u(Buffer.alloc(32)) };
    expect(refusal(() => check(changed))).toEqual({ code: 'FORBIDDEN', reason: 'arguments' });
  });

  it.each([
    ['server', { srv: newId() }],
    ['destination', { dst: 'https://evil.example.com' }],
    ['slot', { slots: [{ slot: 'other', owner: 'organisation' as const }] }],
    ['slot', { slots: [{ slot: 'token', owner: 'user' as const }] }],
    ['slot', { slots: [] }],
    [
      'slot',
      {
        slots: [
          { slot: 'token', owner: 'organisation' as const },
          { slot: 'more', owner: 'user' as const },
        ],
      },
    ],
    ['owner', { org: newId() }],
  ])('is refused by its %s even if the digest fits', (reason, changes) => {
    expect(refusal(() => check(put(changes)))).toEqual({ code: 'FORBIDDEN', reason });
  });

  it('of a user may only be stored by that user', () => {
    const user = newId();
    const own = { ...target, ownerKind: 'user' as const, owner: user };
    const { grant } = verify(issuer.pair({ sub: user }));
    expect(decideOwnPut(grant, own)).toBeNull();
    expect(decideOwnPut({ ...grant, sub: newId() }, own)).toMatchObject({ reason: 'owner' });
    expect(decideOwnPut({ ...grant, sub: newId() }, target)).toBeNull();
    expect(decideTarget({ ...grant, ...target, slots: [{ slot: 'token', owner: 'user' }] }, own)).toBeNull();
  });
});
