import { asOrganisation } from '@portcullis/platform';
import type { DataSource } from 'typeorm';

/** Everything that decides what a key is worth right now. Read each time, never cached. */
export interface KeyAuthority {
  readonly org: string;
  readonly keyId: string;
  readonly user: string;
  readonly hash: string;
  readonly generation: number;
  readonly scopes: string[];
  readonly lastUsedAt: Date | null;
  readonly kind: 'user' | 'service';
  readonly name: string;
  readonly email: string | null;
  readonly subjectKeyId: string;
  readonly subjectPublicKey: string;
  /** Key not revoked, user active, organisation active. */
  readonly inForce: boolean;
}

const AUTHORITY = `
  SELECT k.org_id AS org, k.key_id AS "keyId", k.user_id AS "user", k.hash, k.generation, k.scopes,
    k.last_used_at AS "lastUsedAt", u.kind, u.name, u.email, u.subject_key_id AS "subjectKeyId",
    u.subject_public_key AS "subjectPublicKey",
    (k.revoked_at IS NULL AND u.status = 'active' AND o.status = 'active') AS "inForce"
  FROM api_keys k JOIN users u USING (org_id, user_id) JOIN organisations o USING (org_id)
  WHERE k.org_id = $1 AND k.key_id = $2`;

const HOUR_MS = 3_600_000;

/** Reads keys with all that they depend on. The look-up of the organisation is the only one made outside of one. */
export class KeyAuthorities {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: () => Date,
  ) {}

  /** Null for a key that nobody has. */
  async find(keyId: string): Promise<KeyAuthority | null> {
    const [found] = await this.dataSource.query<{ org: string | null }[]>('SELECT find_api_key($1) AS org', [
      keyId,
    ]);
    return found?.org ? this.read(found.org, keyId) : null;
  }

  async read(org: string, keyId: string): Promise<KeyAuthority | null> {
    const [row] = await asOrganisation(this.dataSource, org, (manager) =>
      manager.query<KeyAuthority[]>(AUTHORITY, [org, keyId]),
    );
    return row ?? null;
  }

  /** Notes the hour of use; a key in steady use is written once an hour. */
  async markUsed(key: KeyAuthority): Promise<void> {
    const hour = new Date(Math.floor(this.clock().getTime() / HOUR_MS) * HOUR_MS);
    if (key.lastUsedAt !== null && key.lastUsedAt >= hour) return;
    await asOrganisation(this.dataSource, key.org, (manager) =>
      manager.query('UPDATE api_keys SET last_used_at = $3 WHERE org_id = $1 AND key_id = $2', [
        key.org,
        key.keyId,
        hour,
      ]),
    );
  }
}
