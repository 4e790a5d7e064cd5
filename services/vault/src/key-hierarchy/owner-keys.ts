import { randomBytes } from 'node:crypto';
import { AppError, newId, type OwnerKind } from '@portcullis/contracts';
import type { EntityManager } from 'typeorm';
import { requireNotErased } from '../erasing/tombstones.js';
import { fact } from '../facts/facts.js';
import { writeFact } from '../facts/outbox.js';
import type { OwnerKeyContext } from '../ports/key-provider.js';
import { KEK_RETIREMENT_LOCK } from '../storage/advisory-locks.js';
import type { TenantTransactions } from '../storage/tenant-transactions.js';
import { parseKekId } from './kek-id.js';
import type { OrganisationKeys } from './organisation-keys.js';
import { OwnerKeyCache } from './owner-key-cache.js';

/** Whose key: an organisation's own, or one user's within an organisation. */
export interface KeyOwner {
  readonly org: string;
  readonly ownerKind: OwnerKind;
  readonly owner: string;
}

/** An owner key as it lies in the database. */
export interface StoredOwnerKey extends OwnerKeyContext {
  readonly kekId: string;
  readonly wrapped: Buffer;
}

const OWNER_KEY_BYTES = 32;

/**
 * Keys of owners: each organisation and each user has one of its own, so what opens one owner's secrets opens nobody
 * else's (G1). They lie in the database wrapped by the key provider and are unwrapped for synchronous work only.
 */
export class OwnerKeys {
  private readonly cache: OwnerKeyCache;
  private readonly loading = new Map<string, Promise<void>>();
  /** Keys that were to be forgotten while they were being unwrapped: what arrives is of no use any more. */
  private readonly outdated = new Set<string>();

  constructor(
    private readonly provider: Pick<OrganisationKeys, 'primaryOf' | 'wrap' | 'unwrap'>,
    private readonly transactions: TenantTransactions,
    private readonly clock: () => Date,
    private readonly monotonic: () => number = () => performance.now(),
  ) {
    this.cache = new OwnerKeyCache(monotonic);
  }

  /**
   * The key that seals for this owner now; made on first use. Two replicas that make it at once agree on one. The
   * provider is called outside of any transaction.
   */
  async forSealing(owner: KeyOwner): Promise<StoredOwnerKey> {
    const known = await this.transactions.run(owner.org, (manager) => newestKey(manager, owner));
    if (known !== null) return known;
    const context: OwnerKeyContext = { ...owner, keyId: newId(), version: 1 };
    const key = randomBytes(OWNER_KEY_BYTES);
    try {
      return await this.wrapAndStore(key, context).catch(async (error: unknown) => {
        if (!isRetired(error)) throw error;
        // Asking makes this replica hear of what seals now.
        await this.provider.primaryOf(owner.org);
        return this.wrapAndStore(key, context);
      });
    } finally {
      key.fill(0);
    }
  }

  /**
   * Runs `work` with the unwrapped key. The buffer is only valid during the call.
   *
   * @throws AppError `KEY_UNAVAILABLE` or `DECRYPTION_FAILED` as the provider says.
   */
  async use<T>(stored: StoredOwnerKey, work: (key: Buffer) => T): Promise<T> {
    const { org, ownerKind, owner, keyId, version, kekId } = stored;
    // The whole context: a cached key is lent to nobody for whom the provider would not unwrap it.
    const id = [org, ownerKind, owner, keyId, version, kekId].join(' ');
    const cached = this.cache.lend(id, work);
    if (cached !== undefined) return cached.result;
    await this.load(id, stored);
    const fresh = this.cache.lend(id, work);
    if (fresh === undefined)
      throw new AppError('KEY_UNAVAILABLE', 'The key could not be held long enough to be used.');
    return fresh.result;
  }

  /** Keys of these organisations, or of all (null), are unwrapped anew: the provider may not give them any more. */
  forgetChanged(changed: readonly string[] | null): void {
    const prefixes = changed === null ? [''] : changed.map((org) => `${org} `);
    for (const prefix of prefixes) {
      this.cache.dropAll(prefix);
      for (const id of this.loading.keys()) if (id.startsWith(prefix)) this.outdated.add(id);
    }
  }

  /** Wipes every unwrapped key. */
  close(): void {
    this.cache.clear();
  }

  /** One request to the provider, however many wait for the key. */
  private load(id: string, stored: StoredOwnerKey): Promise<void> {
    const running = this.loading.get(id) ?? this.unwrap(id, stored).finally(() => this.forgetLoading(id));
    this.loading.set(id, running);
    return running;
  }

  private forgetLoading(id: string): void {
    this.loading.delete(id);
    this.outdated.delete(id);
  }

  private async unwrap(id: string, stored: StoredOwnerKey): Promise<void> {
    const { org, ownerKind, owner, keyId, version } = stored;
    const wrapped = { kekId: stored.kekId, bytes: stored.wrapped };
    // The key may be disabled while the answer is on its way: what counts is when it was asked for.
    const askedAt = this.monotonic();
    const key = await this.provider.unwrap(wrapped, { org, ownerKind, owner, keyId, version });
    if (this.outdated.delete(id)) {
      key.fill(0);
      return this.unwrap(id, stored);
    }
    if (key.byteLength !== OWNER_KEY_BYTES) {
      key.fill(0);
      throw new AppError('DECRYPTION_FAILED', 'The owner key is not of the expected size.');
    }
    this.cache.put(id, key, askedAt);
  }

  private async wrapAndStore(key: Buffer, context: OwnerKeyContext): Promise<StoredOwnerKey> {
    const wrapped = await this.provider.wrap(key, context);
    return this.store({ ...context, kekId: wrapped.kekId, wrapped: wrapped.bytes });
  }

  private store(key: StoredOwnerKey): Promise<StoredOwnerKey> {
    const now = this.clock();
    return this.transactions.run(key.org, async (manager) => {
      await requireInUse(manager, key.kekId);
      await requireNotErased(manager, key);
      const inserted: unknown[] = await manager.query(
        `INSERT INTO owner_keys (org_id, key_id, version, owner_kind, owner, kek_id, wrapped, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING key_id`,
        [key.org, key.keyId, key.version, key.ownerKind, key.owner, key.kekId, key.wrapped, now],
      );
      if (inserted.length > 0) {
        await writeFact(manager, ownerKeyCreated(key, now));
        return key;
      }
      const winner = await newestKey(manager, key);
      if (winner === null)
        throw new AppError('CONFLICT', 'The key of this owner was made and removed meanwhile.');
      return winner;
    });
  }
}

/**
 * A replica that has not heard yet that a version was retired must not leave anything under it: whoever retires it waits
 * for this transaction, or this one for them.
 */
async function requireInUse(manager: EntityManager, kekId: string): Promise<void> {
  const id = parseKekId(kekId);
  await manager.query('SELECT pg_advisory_xact_lock_shared($1)', [KEK_RETIREMENT_LOCK]);
  const rows: { oldest: number }[] = await manager.query(
    'SELECT oldest FROM key_versions WHERE reference = $1',
    [id?.reference ?? ''],
  );
  if (rows[0] === undefined || id?.version === null || (id?.version ?? 0) >= rows[0].oldest) return;
  throw new AppError(
    'KEY_UNAVAILABLE',
    `The key-encryption key "${kekId}" has just been retired. Try again.`,
    {
      details: { kekId, reason: 'retired' },
    },
  );
}

const isRetired = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'KEY_UNAVAILABLE' && error.details?.['reason'] === 'retired';

const ownerKeyCreated = (key: StoredOwnerKey, now: Date) =>
  fact(
    {
      org: key.org,
      action: 'ownerKey.created',
      actor: { kind: 'service', id: 'vault' },
      target: { type: 'ownerKey', id: key.keyId },
      data: { ownerKind: key.ownerKind, owner: key.owner, version: key.version, kekId: key.kekId },
    },
    [key.keyId, String(key.version)],
    now,
  );

async function newestKey(manager: EntityManager, owner: KeyOwner): Promise<StoredOwnerKey | null> {
  const rows: { key_id: string; version: number; kek_id: string; wrapped: Buffer }[] = await manager.query(
    `SELECT key_id, version, kek_id, wrapped FROM owner_keys
     WHERE org_id = $1 AND owner_kind = $2 AND owner = $3 ORDER BY version DESC LIMIT 1`,
    [owner.org, owner.ownerKind, owner.owner],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const { org, ownerKind, owner: id } = owner;
  return {
    org,
    ownerKind,
    owner: id,
    keyId: row.key_id,
    version: row.version,
    kekId: row.kek_id,
    wrapped: row.wrapped,
  };
}
