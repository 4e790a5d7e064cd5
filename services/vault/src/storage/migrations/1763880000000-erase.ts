import { protectTenantTable } from '@portcullis/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was ordered to be erased, and by which order: rows that stay for ever. */
const TOMBSTONES = `CREATE TABLE vault.erasures (
  org_id text NOT NULL,
  what text NOT NULL CHECK (what IN ('server', 'user', 'subject')),
  id text NOT NULL,
  erased_at timestamptz NOT NULL,
  grant_hash text NOT NULL,
  receipt_record_id text NOT NULL,
  PRIMARY KEY (org_id, what, id)
)`;

/**
 * The application may destroy owner keys of users and keys of subjects, but only those of somebody whose erasure it has
 * written down; and it can't take back what is written down.
 */
const RIGHTS = [
  'GRANT SELECT, INSERT ON vault.erasures TO vault_app',
  'GRANT DELETE ON vault.owner_keys, vault.subject_keys TO vault_app',
  `CREATE POLICY erased_only ON vault.owner_keys AS RESTRICTIVE FOR DELETE TO vault_app
    USING (owner_kind = 'user' AND EXISTS (SELECT 1 FROM vault.erasures e
      WHERE e.org_id = owner_keys.org_id AND e.what = 'subject' AND e.id = owner_keys.owner))`,
  `CREATE POLICY erased_only ON vault.subject_keys AS RESTRICTIVE FOR DELETE TO vault_app
    USING (EXISTS (SELECT 1 FROM vault.erasures e
      WHERE e.org_id = subject_keys.org_id AND e.what = 'subject' AND e.id = subject_keys.subject))`,
];

export class Erase1763880000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [TOMBSTONES, ...protectTenantTable('vault', 'erasures'), ...RIGHTS])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['owner_keys', 'subject_keys']) {
      await runner.query(`DROP POLICY erased_only ON vault.${table}`);
      await runner.query(`REVOKE DELETE ON vault.${table} FROM vault_app`);
    }
    await runner.query('DROP TABLE vault.erasures');
  }
}
