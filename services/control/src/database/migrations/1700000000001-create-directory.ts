import { protectTenantTable } from '@portcullis/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SCHEMA } from '../schema.js';

const TABLES: Record<string, string> = {
  organisations: `
    org_id text PRIMARY KEY,
    name text NOT NULL,
    home boolean NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'active')),
    founder_id text NOT NULL,
    created_at timestamptz NOT NULL`,
  users: `
    org_id text NOT NULL REFERENCES ${SCHEMA}.organisations (org_id),
    user_id text NOT NULL,
    name text NOT NULL,
    email text,
    kind text NOT NULL CHECK (kind IN ('user', 'service')),
    status text NOT NULL CHECK (status IN ('pending', 'active', 'removed')),
    subject_key_id text NOT NULL,
    subject_public_key text NOT NULL,
    created_at timestamptz NOT NULL,
    removed_at timestamptz,
    PRIMARY KEY (org_id, user_id)`,
  api_keys: `
    org_id text NOT NULL,
    key_id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    scopes text[] NOT NULL,
    generation integer NOT NULL CHECK (generation > 0),
    hash text NOT NULL,
    created_at timestamptz NOT NULL,
    regenerated_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (org_id, key_id),
    FOREIGN KEY (org_id, user_id) REFERENCES ${SCHEMA}.users (org_id, user_id)`,
  servers: `
    org_id text NOT NULL REFERENCES ${SCHEMA}.organisations (org_id),
    srv text NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    url text NOT NULL,
    dst text NOT NULL,
    slots jsonb NOT NULL,
    status text NOT NULL CHECK (status IN ('pending', 'active')),
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (org_id, srv)`,
  outbox: `
    org_id text NOT NULL,
    record_id text NOT NULL,
    entry jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    refused text,
    PRIMARY KEY (org_id, record_id)`,
};

const INDEXES = [
  `CREATE UNIQUE INDEX users_email ON ${SCHEMA}.users (org_id, lower(email)) WHERE email IS NOT NULL AND status <> 'removed'`,
  `CREATE INDEX api_keys_user ON ${SCHEMA}.api_keys (org_id, user_id)`,
  // Not unique over organisations: uniqueness would tell one tenant what another has. find_api_key answers only if it is.
  `CREATE INDEX api_keys_lookup ON ${SCHEMA}.api_keys (key_id)`,
  `CREATE UNIQUE INDEX servers_slug ON ${SCHEMA}.servers (org_id, slug) WHERE deleted_at IS NULL`,
  `CREATE INDEX outbox_open ON ${SCHEMA}.outbox (org_id, created_at) WHERE refused IS NULL`,
];

/**
 * What may be asked before the organisation is known, and by the relay that serves all of them. Row-level security is
 * forced on the owner too, so each function reads through a policy of its own that only the owner has, for SELECT only.
 */
const LOOKUPS = [
  ...['api_keys', 'organisations', 'outbox'].map(
    (table) => `CREATE POLICY owner_lookup ON ${SCHEMA}.${table} FOR SELECT TO CURRENT_USER USING (true)`,
  ),
  `CREATE FUNCTION ${SCHEMA}.find_api_key(wanted text) RETURNS text
     LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ${SCHEMA}, pg_temp
     AS $$ SELECT CASE WHEN count(*) = 1 THEN min(org_id) END FROM ${SCHEMA}.api_keys WHERE key_id = wanted $$`,
  `CREATE FUNCTION ${SCHEMA}.organisation_count() RETURNS bigint
     LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ${SCHEMA}, pg_temp
     AS $$ SELECT count(*) FROM ${SCHEMA}.organisations WHERE status = 'active' $$`,
  `CREATE FUNCTION ${SCHEMA}.organisations_with_outbox() RETURNS SETOF text
     LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ${SCHEMA}, pg_temp
     AS $$ SELECT DISTINCT org_id FROM ${SCHEMA}.outbox WHERE refused IS NULL $$`,
];

/** The runtime role deletes nothing; the relay's role knows the outbox only. */
const GRANTS = [
  `GRANT USAGE ON SCHEMA ${SCHEMA} TO control_app, control_job`,
  ...['organisations', 'users', 'api_keys', 'servers'].map(
    (table) => `GRANT SELECT, INSERT, UPDATE ON ${SCHEMA}.${table} TO control_app`,
  ),
  `GRANT SELECT, INSERT ON ${SCHEMA}.outbox TO control_app`,
  `GRANT SELECT, DELETE, UPDATE (refused) ON ${SCHEMA}.outbox TO control_job`,
  ...['find_api_key(text)', 'organisation_count()', 'organisations_with_outbox()'].map(
    (signature) => `REVOKE ALL ON FUNCTION ${SCHEMA}.${signature} FROM PUBLIC`,
  ),
  `GRANT EXECUTE ON FUNCTION ${SCHEMA}.find_api_key(text), ${SCHEMA}.organisation_count() TO control_app`,
  `GRANT EXECUTE ON FUNCTION ${SCHEMA}.organisations_with_outbox() TO control_job`,
];

export class CreateDirectory1700000000001 implements MigrationInterface {
  readonly name = 'CreateDirectory1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, columns] of Object.entries(TABLES)) {
      await runner.query(`CREATE TABLE ${SCHEMA}.${table} (${columns})`);
      for (const statement of protectTenantTable(SCHEMA, table)) await runner.query(statement);
    }
    for (const statement of [...INDEXES, ...LOOKUPS, ...GRANTS]) await runner.query(statement);
  }

  /** A directory is never taken down by a migration: restore a backup instead. */
  async down(): Promise<void> {
    throw new Error('The first migration can not be undone.');
  }
}
