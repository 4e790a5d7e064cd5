import { createHmac, randomBytes } from 'node:crypto';
import {
  argumentDigest,
  b64u,
  canonicalBytes,
  hpkeSeal,
  issueForAudiences,
  issueToken,
  newId,
  payloadHash,
  ERASURE_OPERATION_OF,
  type EraseArguments,
  type ErasureOperation,
  type GrantClaims,
  type JsonValue,
  type KekOperation,
  type Keyring,
  type PutArguments,
  type ReceiptClaims,
  type SecretTarget,
  type ServiceName,
  type TokenClaims,
} from '@portcullis/contracts';
import type { TestTrust } from '@portcullis/platform/testing';

export type GrantChanges = Partial<TokenClaims<'pc-grant+jwt'>>;
export type ReceiptChanges = Partial<TokenClaims<'pc-receipt+jwt'>>;

export interface Pair {
  readonly grant: string;
  readonly receipt: string;
}

const hash = (): string => b64u(randomBytes(32));

/** Where a secret of the tests belongs, unless a test says otherwise. */
export const targetOf = (changes: Partial<SecretTarget> = {}): SecretTarget => ({
  ownerKind: 'organisation',
  owner: newId(),
  srv: newId(),
  slot: 'token',
  dst: 'https://mcp.example.com',
  ...changes,
});

/** Makes what policy, audit, control and an owner's client make, with the real keys of an installation. */
export class Issuer {
  readonly policy: Keyring;
  readonly audit: Keyring;
  readonly control: Keyring;

  constructor(
    private readonly trust: TestTrust,
    clock: () => Date = () => new Date(),
  ) {
    this.policy = trust.keyring('policy', clock);
    this.audit = trust.keyring('audit', clock);
    this.control = trust.keyring('control', clock);
  }

  grants(changes: GrantChanges): Record<'audit' | 'vault', string> {
    return issueForAudiences(this.policy, 'pc-grant+jwt', ['audit', 'vault'], {
      ...grantClaims(),
      ...changes,
    });
  }

  receipt(grant: string, changes: ReceiptChanges = {}): string {
    const { org, call, attempt, exp } = claimsIn<GrantClaims>(grant);
    return issueToken(this.audit, 'pc-receipt+jwt', 'vault', {
      kind: 'intent',
      org,
      call,
      attempt,
      exp,
      gh: b64u(payloadHash(grant)),
      recordId: newId(),
      dh: hash(),
      stream: `audit-${org}-calls-202611`,
      revision: 1,
      ...changes,
    });
  }

  pair(changes: GrantChanges = {}, receiptChanges: ReceiptChanges = {}): Pair {
    const grant = this.grants(changes).vault;
    return { grant, receipt: this.receipt(grant, receiptChanges) };
  }

  assertion(org: string, changes: Partial<TokenClaims<'pc-principal+jwt'>> = {}): string {
    return issueToken(this.control, 'pc-principal+jwt', 'vault', {
      org,
      sub: newId(),
      act: { client: null, agent: null },
      kind: 'user',
      scopes: ['admin'],
      sid: newId(),
      amr: [],
      gen: 1,
      ...changes,
    });
  }

  /** What the owner's client sends: sealed to the vault for exactly this place. */
  sealedPut(org: string, target: SecretTarget, value: string | Uint8Array): PutArguments {
    const { kid, publicKey } = this.control.sealKeyOf('vault');
    const { enc, ciphertext } = hpkeSeal({
      recipientPublicKey: publicKey,
      info: 'portcullis/v1/put',
      aad: canonicalBytes({ org, ...target }),
      plaintext: Buffer.from(value as string),
    });
    return { target, sealed: { kid, enc: b64u(enc), ciphertext: b64u(ciphertext) } };
  }

  /** Grant and receipt for a change to the secret at `target`, with salt and arguments. */
  change<A extends { target: SecretTarget }>(
    operation: 'secret.put' | 'secret.delete',
    org: string,
    args: A,
    changes: GrantChanges = {},
  ) {
    const { target } = args;
    const salt = randomBytes(32);
    const pair = this.pair({
      org,
      sub: target.ownerKind === 'user' ? target.owner : newId(),
      op: operation,
      srv: target.srv,
      dst: target.dst,
      slots: [{ slot: target.slot, owner: target.ownerKind }],
      ad: argumentDigest(salt, operation, args),
      rkh: null,
      ...changes,
    });
    return { ...pair, argumentSalt: b64u(salt), arguments: args };
  }

  /** Grant and receipt for a change of key-encryption keys, with salt and arguments. */
  kekChange<A extends JsonValue>(
    operation: KekOperation | ErasureOperation,
    org: string,
    args: A,
    changes: GrantChanges = {},
  ) {
    const salt = randomBytes(32);
    const pair = this.pair({
      org,
      op: operation,
      ...{ srv: null, slug: null, dst: null, slots: [], tool: null, tdg: null, label: null, rkh: null },
      ad: argumentDigest(salt, operation, args),
      ...changes,
    });
    return { ...pair, argumentSalt: b64u(salt), arguments: args };
  }

  /** Grant and receipt for an erasure: as for key-encryption keys, about no server. */
  erasure(org: string, args: EraseArguments, changes: GrantChanges = {}) {
    return this.kekChange(ERASURE_OPERATION_OF[args.what], org, args, changes);
  }

  /** A token whose claims are right but which `forger` made: with its own key, or in the name of `kidOf`. */
  forged(type: string, claims: object, forger: ServiceName, kidOf?: Keyring): string {
    const { kid, key } = this.trust.keyring(forger).pairwiseTo('vault');
    const header = { alg: 'HS256', typ: type, kid: kidOf?.pairwiseTo('vault').kid ?? kid };
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part(header)}.${part(claims)}`;
    return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
  }
}

/** The claims of a token, unverified. */
export const claimsIn = <C = GrantClaims | ReceiptClaims>(jws: string): C =>
  JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')) as C;

const grantClaims = (): TokenClaims<'pc-grant+jwt'> => ({
  org: newId(),
  sub: newId(),
  act: { client: 'client-1', agent: null },
  kind: 'user',
  sid: newId(),
  pah: hash(),
  call: newId(),
  attempt: 1,
  did: newId(),
  rev: 7,
  pdg: hash(),
  op: 'tool.call',
  srv: newId(),
  slug: 'tickets',
  dst: 'https://mcp.example.com',
  tool: 'list_tickets',
  tdg: hash(),
  label: 'read',
  ad: hash(),
  slots: [{ slot: 'token', owner: 'organisation' }],
  rule: 'readers',
  apr: null,
  rkh: hash(),
});
