import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Of the installation, not of a tenant: no key, no secret and no id of an organisation is in them. */
const TABLES = [
  `CREATE TABLE vault.key_versions (
    reference text PRIMARY KEY,
    oldest integer NOT NULL CHECK (oldest >= 1),
    newest integer NOT NULL CHECK (newest >= oldest)
  )`,
  `CREATE TABLE vault.rewraps (
    rewrap_id text PRIMARY KEY,
    target text NOT NULL,
    requested_by jsonb NOT NULL,
    rows_per_second integer NOT NULL CHECK (rows_per_second >= 1),
    state text NOT NULL CHECK (state IN ('running', 'done', 'stopped')),
    before jsonb NOT NULL,
    after_org text NOT NULL DEFAULT '',
    after_key text NOT NULL DEFAULT '',
    after_version integer NOT NULL DEFAULT 0,
    passes integer NOT NULL DEFAULT 1,
    moved bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    problem text,
    started_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    ended_at timestamptz,
    report jsonb
  )`,
  `CREATE UNIQUE INDEX one_rewrap_at_a_time ON vault.rewraps (state) WHERE state = 'running'`,
  `CREATE INDEX owner_keys_by_kek ON vault.owner_keys (kek_id)`,
];

/**
 * The job role moves wrapped owner keys from one key-encryption key to another: it reads and writes what is wrapped and by
 * which key, in every organisation, and no envelope. Versions are made and retired by it too; the application only asks.
 */
const RIGHTS = [
  'GRANT SELECT ON vault.key_versions TO vault_app',
  'GRANT SELECT, INSERT, UPDATE ON vault.key_versions, vault.rewraps TO vault_job',
  // What it has done is a fact like every other, beside the change itself.
  'GRANT INSERT ON vault.outbox TO vault_job',
  'GRANT SELECT (org_id, key_id, version, owner_kind, owner, kek_id, wrapped), UPDATE (kek_id, wrapped) ON vault.owner_keys TO vault_job',
  'CREATE POLICY rewrap_owner_keys ON vault.owner_keys FOR SELECT TO vault_job USING (true)',
];

export class RotateKeys1763800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...RIGHTS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP POLICY rewrap_owner_keys ON vault.owner_keys');
    await runner.query('REVOKE ALL ON vault.owner_keys FROM vault_job');
    await runner.query('REVOKE INSERT ON vault.outbox FROM vault_job');
    await runner.query('DROP INDEX vault.owner_keys_by_kek');
    for (const table of ['rewraps', 'key_versions']) await runner.query(`DROP TABLE vault.${table}`);
  }
}
