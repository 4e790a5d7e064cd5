import { protectTenantTable } from '@portcullis/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TENANT_TABLES = ['owner_keys', 'secrets', 'used_grants', 'subject_keys', 'outbox'];

const TABLES = [
  `CREATE TABLE vault.owner_keys (
    org_id text NOT NULL,
    key_id text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    owner_kind text NOT NULL CHECK (owner_kind IN ('organisation', 'user')),
    owner text NOT NULL,
    kek_id text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, key_id, version),
    UNIQUE (org_id, owner_kind, owner, version)
  )`,
  `CREATE TABLE vault.secrets (
    org_id text NOT NULL,
    secret_id text NOT NULL,
    owner_kind text NOT NULL CHECK (owner_kind IN ('organisation', 'user')),
    owner text NOT NULL,
    srv text NOT NULL,
    slot text NOT NULL,
    dst text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    key_id text NOT NULL,
    key_version integer NOT NULL,
    envelope bytea NOT NULL,
    last4 text,
    suspended boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, secret_id),
    UNIQUE (org_id, srv, slot, owner_kind, owner),
    FOREIGN KEY (org_id, key_id, key_version) REFERENCES vault.owner_keys (org_id, key_id, version)
  )`,
  `CREATE TABLE vault.used_grants (
    org_id text NOT NULL,
    jti text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, jti)
  )`,
  `CREATE INDEX used_grants_expiry ON vault.used_grants (expires_at)`,
  `CREATE TABLE vault.subject_keys (
    org_id text NOT NULL,
    subject text NOT NULL,
    subject_key_id text NOT NULL,
    public_key bytea NOT NULL,
    key_id text NOT NULL,
    key_version integer NOT NULL,
    envelope bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, subject),
    UNIQUE (org_id, subject_key_id),
    FOREIGN KEY (org_id, key_id, key_version) REFERENCES vault.owner_keys (org_id, key_id, version)
  )`,
  `CREATE TABLE vault.outbox (
    org_id text NOT NULL,
    record_id text NOT NULL,
    position bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    entry jsonb NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    refusal text,
    PRIMARY KEY (org_id, record_id)
  )`,
  `CREATE INDEX outbox_due ON vault.outbox (due_at, position)`,
];

/** The application can't undo that a grant was used, nor take a fact back; the job role sees no secret and no key. */
const RIGHTS = [
  'GRANT USAGE ON SCHEMA vault TO vault_app, vault_job',
  'GRANT SELECT, INSERT ON vault.owner_keys, vault.subject_keys, vault.used_grants TO vault_app',
  'GRANT SELECT, INSERT, UPDATE, DELETE ON vault.secrets TO vault_app',
  'GRANT SELECT, INSERT ON vault.outbox TO vault_app',
  'GRANT SELECT, DELETE ON vault.used_grants TO vault_job',
  'GRANT SELECT, UPDATE, DELETE ON vault.outbox TO vault_job',
];

/** Beside their own organisation's rows: what the job role must find in every organisation, and no more than that. */
const JOB_POLICIES = [
  'CREATE POLICY relay_facts ON vault.outbox FOR SELECT TO vault_job USING (true)',
  `CREATE POLICY find_expired ON vault.used_grants FOR SELECT TO vault_job
    USING (expires_at < now() - interval '10 minutes')`,
  `CREATE POLICY purge_expired ON vault.used_grants FOR DELETE TO vault_job
    USING (expires_at < now() - interval '10 minutes')`,
];

export class CreateVault1763740000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const protection = TENANT_TABLES.flatMap((table) => protectTenantTable('vault', table));
    for (const statement of [...TABLES, ...protection, ...JOB_POLICIES, ...RIGHTS])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TENANT_TABLES) await runner.query(`DROP TABLE vault.${table}`);
  }
}
