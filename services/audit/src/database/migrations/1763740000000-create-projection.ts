import { protectTenantTable } from '@portcullis/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const TENANT_TABLES = ['records', 'calls', 'heads', 'faults'];

/** Everything here can be dropped and built again from the event store. */
export class CreateProjection1763740000000 implements MigrationInterface {
  name = 'CreateProjection1763740000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [RECORDS, ...INDEXES, CALLS, HEADS, FAULTS, DEADLINES, CHECKPOINTS]) {
      await runner.query(statement);
    }
    for (const table of TENANT_TABLES) {
      for (const statement of protectTenantTable('audit', table)) await runner.query(statement);
    }
    for (const statement of GRANTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...TENANT_TABLES, 'deadlines', 'checkpoints'])
      await runner.query(`DROP TABLE audit.${table}`);
  }
}

/** One row per recordId: its first occurrence. `data` is the record's RFC 8785 text, the bytes that are hashed. */
const RECORDS = `
  CREATE TABLE audit.records (
    org_id text NOT NULL,
    record_id text COLLATE "C" NOT NULL,
    class text NOT NULL,
    type text NOT NULL,
    time timestamptz(3) NOT NULL,
    actor text,
    srv text,
    slug text,
    tool text,
    op text NOT NULL,
    label text,
    rule text,
    call text,
    attempt integer,
    grant_hash text,
    status text,
    stream text NOT NULL,
    revision bigint NOT NULL,
    data_hash text NOT NULL,
    data text NOT NULL,
    PRIMARY KEY (org_id, record_id)
  )`;

const INDEXES = [
  'CREATE INDEX records_by_time ON audit.records (org_id, time, record_id)',
  'CREATE INDEX records_by_actor ON audit.records (org_id, actor, time, record_id)',
  'CREATE INDEX records_by_server ON audit.records (org_id, srv, time, record_id)',
  'CREATE INDEX records_by_status ON audit.records (org_id, status, time, record_id)',
  'CREATE INDEX records_by_grant ON audit.records (org_id, grant_hash) WHERE grant_hash IS NOT NULL',
];

/** What became of each grant that was used. By grant, not by call id: a gateway chooses call ids, policy makes grants. */
const CALLS = `
  CREATE TABLE audit.calls (
    org_id text NOT NULL,
    grant_hash text NOT NULL,
    call text NOT NULL,
    attempt integer NOT NULL,
    intent text,
    deadline timestamptz(3),
    status text NOT NULL,
    outcome_record text,
    outcome jsonb,
    PRIMARY KEY (org_id, grant_hash)
  )`;

/** How far each stream has been projected. */
const HEADS = `
  CREATE TABLE audit.heads (
    org_id text NOT NULL,
    stream text NOT NULL,
    revision bigint NOT NULL,
    PRIMARY KEY (org_id, stream)
  )`;

/** Stored events that could not become rows: unreadable, in a foreign stream, or contradicting an earlier record. */
const FAULTS = `
  CREATE TABLE audit.faults (
    org_id text NOT NULL,
    stream text NOT NULL,
    revision bigint NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (org_id, stream, revision)
  )`;

/** Intents without outcome: ids only, so that the job can see over all organisations what is overdue. */
const DEADLINES = `
  CREATE TABLE audit.deadlines (
    deadline timestamptz(3) NOT NULL,
    org_id text NOT NULL,
    grant_hash text NOT NULL,
    PRIMARY KEY (deadline, org_id, grant_hash)
  )`;

const CHECKPOINTS = `
  CREATE TABLE audit.checkpoints (
    name text PRIMARY KEY,
    position bigint NOT NULL
  )`;

const GRANTS = [
  'GRANT USAGE ON SCHEMA audit TO audit_app, audit_job',
  'GRANT SELECT ON audit.records, audit.calls, audit.heads, audit.faults TO audit_app',
  'GRANT SELECT, INSERT, UPDATE ON audit.records, audit.calls, audit.heads, audit.faults TO audit_job',
  'GRANT SELECT, INSERT, DELETE ON audit.deadlines TO audit_job',
  'GRANT SELECT, INSERT, UPDATE ON audit.checkpoints TO audit_job',
];
