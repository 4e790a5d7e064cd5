import { generateKeyPairSync } from 'node:crypto';
import {
  AppError,
  b64u,
  newId,
  Secret,
  type CreateSubjectKeyRequest,
  type SubjectKey,
} from '@portcullis/contracts';
import type { EntityManager } from 'typeorm';
import { requireNotErased } from '../erasing/tombstones.js';
import { fact } from '../facts/facts.js';
import { writeFact } from '../facts/outbox.js';
import type { OwnerKeys, StoredOwnerKey } from '../key-hierarchy/owner-keys.js';
import type { SecretEnvelopes } from '../key-hierarchy/secret-envelopes.js';
import type { TenantTransactions } from '../storage/tenant-transactions.js';
import { subjectKeyAad } from './subject-key-aad.js';

interface SealedSubjectKey {
  readonly org: string;
  readonly subject: string;
  readonly subjectKeyId: string;
  readonly publicKey: Buffer;
  readonly envelope: Buffer;
  readonly ownerKey: StoredOwnerKey;
}

const RAW_BYTES = 32;

/**
 * The X25519 pair that personal fields about a subject are sealed to (B5). Anybody may seal to the public half; the
 * private half lies under the subject's own owner key and never leaves the vault.
 */
export class CreateSubjectKey {
  constructor(
    private readonly keys: OwnerKeys,
    private readonly envelopes: SecretEnvelopes,
    private readonly transactions: TenantTransactions,
    private readonly clock: () => Date,
  ) {}

  /**
   * The same answer however often, and however many at once, ask.
   *
   * @throws AppError `KEY_UNAVAILABLE`, `UNAVAILABLE`; `FAILED_PRECONDITION` for somebody who was erased
   */
  async run({ org, subject }: CreateSubjectKeyRequest): Promise<SubjectKey> {
    const known = await this.transactions.run(org, (manager) => find(manager, org, subject));
    if (known !== null) return known;
    const sealed = await this.make(org, subject);
    const now = this.clock();
    return this.transactions.run(org, async (manager) => {
      await requireNotErased(manager, sealed.ownerKey);
      if (await insert(manager, sealed, now)) await writeFact(manager, created(sealed, now));
      // Whoever was first has made the key; the pair of the others is forgotten.
      const stored = await find(manager, org, subject);
      if (stored === null) throw new AppError('CONFLICT', 'The key was made and removed meanwhile.');
      return stored;
    });
  }

  private async make(org: string, subject: string): Promise<SealedSubjectKey> {
    const ownerKey = await this.keys.forSealing({ org, ownerKind: 'user', owner: subject });
    const subjectKeyId = newId();
    const pair = generateKeyPairSync('x25519');
    const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-RAW_BYTES);
    const der = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
    const privateKey = Secret.of(der.subarray(-RAW_BYTES));
    der.fill(0);
    try {
      const envelope = await this.envelopes.seal(
        subjectKeyAad(org, subject, subjectKeyId),
        ownerKey,
        privateKey,
      );
      return { org, subject, subjectKeyId, publicKey, envelope, ownerKey };
    } finally {
      privateKey.wipe();
    }
  }
}

const created = ({ org, subject, subjectKeyId }: SealedSubjectKey, now: Date) =>
  fact(
    {
      org,
      action: 'subjectKey.created',
      actor: { kind: 'service', id: 'control' },
      target: { type: 'subjectKey', id: subjectKeyId },
      data: { subject },
    },
    [subjectKeyId],
    now,
  );

async function find(manager: EntityManager, org: string, subject: string): Promise<SubjectKey | null> {
  const rows: { subject_key_id: string; public_key: Buffer }[] = await manager.query(
    'SELECT subject_key_id, public_key FROM subject_keys WHERE org_id = $1 AND subject = $2',
    [org, subject],
  );
  return rows[0] === undefined
    ? null
    : { keyId: rows[0].subject_key_id, publicKey: b64u(rows[0].public_key) };
}

async function insert(manager: EntityManager, key: SealedSubjectKey, now: Date): Promise<boolean> {
  const inserted: unknown[] = await manager.query(
    `INSERT INTO subject_keys (org_id, subject, subject_key_id, public_key, key_id, key_version, envelope, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING subject_key_id`,
    [
      key.org,
      key.subject,
      key.subjectKeyId,
      key.publicKey,
      key.ownerKey.keyId,
      key.ownerKey.version,
      key.envelope,
      now,
    ],
  );
  return inserted.length === 1;
}
