import { formatApiKey, generateApiKey, parseApiKey, Secret } from '@portcullis/contracts';
import type { KeyHasher } from '../authentication/key-hasher.js';
import type { ApiKeyRow } from '../database/rows.js';

/** What a key may be used for. */
export const SCOPES = ['admin', 'approvals', 'credentials', 'mcp', 'mcp:write'] as const;
export type Scope = (typeof SCOPES)[number];

export interface NewKey {
  readonly keyId: string;
  /** argon2id of the whole key, for the row. */
  readonly hash: string;
  /** The key itself. It goes into one answer and is kept nowhere. */
  readonly text: string;
}

/** Makes keys: 160 random bits, recognisable, with a checksum, hashed before anything is stored. */
export class KeyMaker {
  constructor(private readonly hasher: KeyHasher) {}

  async make(): Promise<NewKey> {
    const { keyId, key } = generateApiKey();
    return this.hashed(keyId, key);
  }

  /** A new secret for a key that keeps its id. */
  async remake(keyId: string): Promise<NewKey> {
    const fresh = generateApiKey().key;
    const secret = parseApiKey(fresh.revealText())?.secret;
    if (secret === undefined) throw new Error('A generated key does not parse.');
    const key = Secret.of(formatApiKey(keyId, secret.revealText()));
    fresh.wipe();
    secret.wipe();
    return this.hashed(keyId, key);
  }

  private async hashed(keyId: string, key: Secret): Promise<NewKey> {
    try {
      return { keyId, hash: await this.hasher.hash(key), text: key.revealText() };
    } finally {
      key.wipe();
    }
  }
}

export interface KeyOwner {
  readonly org: string;
  readonly user: string;
}

export function newKeyRow(
  owner: KeyOwner,
  made: NewKey,
  given: { name: string; scopes: Scope[] },
  now: Date,
): ApiKeyRow {
  return {
    orgId: owner.org,
    keyId: made.keyId,
    userId: owner.user,
    name: given.name,
    scopes: given.scopes,
    generation: 1,
    hash: made.hash,
    createdAt: now,
    regeneratedAt: null,
    lastUsedAt: null,
    revokedAt: null,
  };
}
