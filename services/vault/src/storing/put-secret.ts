import {
  AppError,
  newId,
  type Keyring,
  type PutRequest,
  type Secret,
  type SecretMetadata,
} from '@portcullis/contracts';
import type { EntityManager } from 'typeorm';
import { requireNotErased } from '../erasing/tombstones.js';
import { writeFact } from '../facts/outbox.js';
import { secretFact } from '../facts/secret-facts.js';
import type { OwnerKeys, StoredOwnerKey } from '../key-hierarchy/owner-keys.js';
import type { SecretEnvelopes } from '../key-hierarchy/secret-envelopes.js';
import { consumeGrant } from '../proof/consume-grant.js';
import type { Proof } from '../proof/decide-proof.js';
import { decideOwnPut } from '../proof/decide-target.js';
import { demand, type Proofs } from '../proof/proofs.js';
import { verifySecretChange } from '../proof/verify-secret-change.js';
import type { CurrentVersions } from '../restored/current-versions.js';
import { credentialAad } from '../storage/credential-aad.js';
import { findStored, metadataOf, type StoredSecret } from '../storage/stored-secret.js';
import type { TenantTransactions } from '../storage/tenant-transactions.js';
import { lastFour } from './last-four.js';
import { unsealPut } from './unseal-put.js';

export interface PutSecretParts {
  readonly keyring: Keyring;
  readonly proofs: Proofs;
  readonly keys: OwnerKeys;
  readonly envelopes: SecretEnvelopes;
  readonly transactions: TenantTransactions;
  readonly current: Pick<CurrentVersions, 'newest'>;
  readonly clock: () => Date;
}

/** A sealed version of a secret, ready to be written. */
interface SealedVersion {
  readonly secret: StoredSecret;
  readonly ownerKey: StoredOwnerKey;
  readonly envelope: Buffer;
  /** The version that it replaces; null for the first. */
  readonly replaces: number | null;
}

/** Stores a credential, or a new version of one, against a grant for exactly this and its receipt. */
export class PutSecret {
  constructor(private readonly parts: PutSecretParts) {}

  /**
   * All cryptography, and whatever the key provider has to do, comes before the transaction; of two writers at once one
   * wins and the other is told so.
   *
   * @throws AppError `UNAUTHENTICATED`, `FORBIDDEN`, `PAYLOAD_TOO_LARGE`, `INVALID_ARGUMENT`, `DECRYPTION_FAILED`,
   * `GRANT_CONSUMED`, `CONFLICT`, `FAILED_PRECONDITION` (server or owner is erased), `KEY_UNAVAILABLE`, `UNAVAILABLE`
   */
  async run(request: PutRequest): Promise<SecretMetadata> {
    const now = this.parts.clock();
    const proof = verifySecretChange(this.parts.proofs, 'secret.put', request, now);
    demand(decideOwnPut(proof.grant, request.arguments.target));
    const value = unsealPut(this.parts.keyring, proof.grant.org, request.arguments);
    try {
      const sealed = await this.seal(proof, request, { value, now });
      await this.parts.transactions.run(proof.grant.org, async (manager) => {
        await consumeGrant(manager, proof.grant);
        await requireNotErased(manager, sealed.secret, sealed.secret.srv);
        if (!(await write(manager, sealed))) {
          throw new AppError('CONFLICT', 'The secret has been changed by somebody else meanwhile.');
        }
        const action = sealed.replaces === null ? 'secret.stored' : 'secret.rotated';
        await writeFact(manager, secretFact(action, sealed.secret, proof, now));
      });
      return metadataOf(sealed.secret);
    } finally {
      value.wipe();
    }
  }

  private async seal(proof: Proof, request: PutRequest, { value, now }: Plaintext): Promise<SealedVersion> {
    const { org } = proof.grant;
    const { target } = request.arguments;
    const { keys, envelopes, transactions, current } = this.parts;
    const previous = await transactions.run(org, (manager) => findStored(manager, { org, ...target }));
    const ownerKey = await keys.forSealing({ org, ownerKind: target.ownerKind, owner: target.owner });
    const secret: StoredSecret = {
      org,
      ...target,
      secretId: previous?.secretId ?? newId(),
      version: (previous === null ? 0 : await current.newest(previous)) + 1,
      last4: lastFour(value.reveal()),
      createdAt: previous?.createdAt ?? now.toISOString(),
      updatedAt: now.toISOString(),
      suspended: false,
    };
    const envelope = await envelopes.seal(credentialAad(secret), ownerKey, value);
    return { secret, ownerKey, envelope, replaces: previous?.version ?? null };
  }
}

interface Plaintext {
  readonly value: Secret;
  readonly now: Date;
}

/** False when the row is not (any more) the one that this version replaces. */
async function write(manager: EntityManager, version: SealedVersion): Promise<boolean> {
  return version.replaces === null ? insert(manager, version) : update(manager, version, version.replaces);
}

async function insert(
  manager: EntityManager,
  { secret, ownerKey, envelope }: SealedVersion,
): Promise<boolean> {
  const inserted: unknown[] = await manager.query(
    `INSERT INTO secrets (org_id, secret_id, owner_kind, owner, srv, slot, dst, version, key_id, key_version, envelope,
       last4, suspended, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, false, $13, $14) ON CONFLICT DO NOTHING RETURNING secret_id`,
    [
      secret.org,
      secret.secretId,
      secret.ownerKind,
      secret.owner,
      secret.srv,
      secret.slot,
      secret.dst,
      secret.version,
      ownerKey.keyId,
      ownerKey.version,
      envelope,
      secret.last4,
      secret.createdAt,
      secret.updatedAt,
    ],
  );
  return inserted.length === 1;
}

async function update(manager: EntityManager, sealed: SealedVersion, replaces: number): Promise<boolean> {
  const { secret, ownerKey, envelope } = sealed;
  const [, changed]: [unknown, number] = await manager.query(
    `UPDATE secrets SET dst = $4, version = $5, key_id = $6, key_version = $7, envelope = $8, last4 = $9, updated_at = $10,
       suspended = false
     WHERE org_id = $1 AND secret_id = $2 AND version = $3`,
    [
      secret.org,
      secret.secretId,
      replaces,
      secret.dst,
      secret.version,
      ownerKey.keyId,
      ownerKey.version,
      envelope,
      secret.last4,
      secret.updatedAt,
    ],
  );
  return changed === 1;
}
