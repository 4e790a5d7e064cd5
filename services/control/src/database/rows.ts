import type { OwnerKind } from '@portcullis/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

export interface StoredSlot {
  slot: string;
  owner: OwnerKind;
  header: string;
  prefix: string;
}

/** `pending`: policy has not confirmed it yet, so it grants nothing and repeating the request completes it. */
@Entity({ name: 'organisations' })
export class OrganisationRow {
  @PrimaryColumn({ name: 'org_id', type: 'text' }) orgId!: string;
  @Column({ type: 'text' }) name!: string;
  /** The admins of the home organisation may create organisations. */
  @Column({ type: 'boolean' }) home!: boolean;
  @Column({ type: 'text' }) status!: 'pending' | 'active';
  @Column({ name: 'founder_id', type: 'text' }) founderId!: string;
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

@Entity({ name: 'users' })
export class UserRow {
  @PrimaryColumn({ name: 'org_id', type: 'text' }) orgId!: string;
  @PrimaryColumn({ name: 'user_id', type: 'text' }) userId!: string;
  @Column({ type: 'text' }) name!: string;
  @Column({ type: 'text', nullable: true }) email!: string | null;
  @Column({ type: 'text' }) kind!: 'user' | 'service';
  @Column({ type: 'text' }) status!: 'pending' | 'active' | 'removed';
  /** The vault's key that personal fields about this user are sealed to (public half). */
  @Column({ name: 'subject_key_id', type: 'text' }) subjectKeyId!: string;
  @Column({ name: 'subject_public_key', type: 'text' }) subjectPublicKey!: string;
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column({ name: 'removed_at', type: 'timestamptz', nullable: true }) removedAt!: Date | null;
}

@Entity({ name: 'api_keys' })
export class ApiKeyRow {
  @PrimaryColumn({ name: 'org_id', type: 'text' }) orgId!: string;
  @PrimaryColumn({ name: 'key_id', type: 'text' }) keyId!: string;
  @Column({ name: 'user_id', type: 'text' }) userId!: string;
  @Column({ type: 'text' }) name!: string;
  @Column({ type: 'text', array: true }) scopes!: string[];
  /** Counts the secrets this key has had; policy denies every generation that was revoked. */
  @Column({ type: 'integer' }) generation!: number;
  /** argon2id in PHC form. Read by authentication only. */
  @Column({ type: 'text' }) hash!: string;
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column({ name: 'regenerated_at', type: 'timestamptz', nullable: true }) regeneratedAt!: Date | null;
  /** To the hour: enough to find unused keys, too little to follow a person. */
  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true }) lastUsedAt!: Date | null;
  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true }) revokedAt!: Date | null;
}

@Entity({ name: 'servers' })
export class ServerRow {
  @PrimaryColumn({ name: 'org_id', type: 'text' }) orgId!: string;
  @PrimaryColumn({ type: 'text' }) srv!: string;
  @Column({ type: 'text' }) slug!: string;
  @Column({ type: 'text' }) name!: string;
  @Column({ type: 'text' }) url!: string;
  /** Canonical origin of `url`: where credentials may travel. */
  @Column({ type: 'text' }) dst!: string;
  @Column({ type: 'jsonb' }) slots!: StoredSlot[];
  @Column({ type: 'text' }) status!: 'pending' | 'active';
  @Column({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column({ name: 'changed_at', type: 'timestamptz' }) changedAt!: Date;
  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true }) deletedAt!: Date | null;
}

/** The outbox has no class: what writes and what empties it speak SQL. */
export const ROWS = [OrganisationRow, UserRow, ApiKeyRow, ServerRow];
