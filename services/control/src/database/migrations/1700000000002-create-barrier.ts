import { MAX_CHANGED_ORGANISATIONS } from '@portcullis/contracts';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SCHEMA } from '../schema.js';

/** Not of one tenant: they belong to the installation, and no login role may touch them but through the functions. */
const TABLES = [
  // One row. Whoever advances it holds its lock until the commit, so positions become visible in order, without gaps.
  `CREATE TABLE ${SCHEMA}.barrier_position (
     only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
     position bigint NOT NULL)`,
  `INSERT INTO ${SCHEMA}.barrier_position (position) VALUES (0)`,
  `CREATE TABLE ${SCHEMA}.organisation_epochs (org_id text PRIMARY KEY, epoch bigint NOT NULL)`,
  `CREATE INDEX organisation_epochs_epoch ON ${SCHEMA}.organisation_epochs (epoch)`,
  `CREATE TABLE ${SCHEMA}.replica_leases (
     service text NOT NULL,
     replica text NOT NULL,
     extensions bigint NOT NULL,
     acknowledged bigint NOT NULL,
     told bigint NOT NULL,
     PRIMARY KEY (service, replica))`,
];

/** Far more than an installation has: a stolen service identity must not fill the table. */
const MAX_REPLICAS = 500;

const ADVANCE = `
  CREATE FUNCTION ${SCHEMA}.barrier_advance(changed_org text) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${SCHEMA}, pg_temp AS $$
  DECLARE
    reached bigint;
  BEGIN
    UPDATE barrier_position SET position = position + 1 RETURNING position INTO reached;
    INSERT INTO organisation_epochs AS e (org_id, epoch) VALUES (changed_org, reached)
      ON CONFLICT (org_id) DO UPDATE SET epoch = reached;
    RETURN reached;
  END $$`;

/**
 * A lease is extended only if its holder has acknowledged what its previous renewal told it. The position is read before
 * the epochs: an organisation that changes in between is named too early, never too late. A lease that is not known is
 * made while no advance is under way (FOR SHARE): each advance either is seen by it or sees it. What claims to know a
 * position that was never reached (the database was set back) knows nothing.
 */
const RENEW = `
  CREATE FUNCTION ${SCHEMA}.barrier_renew(asking_service text, asking_replica text, known bigint,
    OUT reached bigint, OUT extended boolean, OUT changed text[])
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${SCHEMA}, pg_temp AS $$
  DECLARE
    lease replica_leases;
  BEGIN
    SELECT * INTO lease FROM replica_leases l
      WHERE l.service = asking_service AND l.replica = asking_replica FOR UPDATE;
    IF FOUND THEN
      SELECT p.position INTO reached FROM barrier_position p;
    ELSE
      SELECT p.position INTO reached FROM barrier_position p FOR SHARE;
      IF (SELECT count(*) FROM replica_leases l WHERE l.service = asking_service) >= ${MAX_REPLICAS} THEN
        RAISE EXCEPTION 'too many replicas of %', asking_service USING ERRCODE = 'configuration_limit_exceeded';
      END IF;
      INSERT INTO replica_leases VALUES (asking_service, asking_replica, 0, -1, reached) ON CONFLICT DO NOTHING;
    END IF;
    IF known > reached THEN known := NULL; END IF;
    extended := lease.replica IS NOT NULL AND known IS NOT NULL AND known >= lease.told;
    UPDATE replica_leases l
      SET acknowledged = coalesce(known, -1), told = reached, extensions = l.extensions + extended::int
      WHERE l.service = asking_service AND l.replica = asking_replica;
    IF known IS NULL THEN RETURN; END IF;
    SELECT coalesce(array_agg(e.org_id), '{}') INTO changed FROM
      (SELECT o.org_id FROM organisation_epochs o WHERE o.epoch > known LIMIT ${MAX_CHANGED_ORGANISATIONS + 1}) e;
    IF cardinality(changed) > ${MAX_CHANGED_ORGANISATIONS} THEN changed := NULL; END IF;
  END $$`;

const LEASES = `
  CREATE FUNCTION ${SCHEMA}.barrier_leases()
    RETURNS TABLE (service text, replica text, extensions bigint, acknowledged bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ${SCHEMA}, pg_temp
  AS $$ SELECT l.service, l.replica, l.extensions, l.acknowledged FROM ${SCHEMA}.replica_leases l $$`;

/** Only while the lease has not been extended since it was seen; NULL: in any case. */
const FORGET = `
  CREATE FUNCTION ${SCHEMA}.barrier_forget(gone_service text, gone_replica text, seen_extensions bigint) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${SCHEMA}, pg_temp AS $$
  BEGIN
    DELETE FROM replica_leases l WHERE l.service = gone_service AND l.replica = gone_replica
      AND (seen_extensions IS NULL OR l.extensions = seen_extensions);
    RETURN FOUND;
  END $$`;

const SIGNATURES = [
  'barrier_advance(text)',
  'barrier_renew(text, text, bigint)',
  'barrier_leases()',
  'barrier_forget(text, text, bigint)',
];

const GRANTS = SIGNATURES.flatMap((signature) => [
  `REVOKE ALL ON FUNCTION ${SCHEMA}.${signature} FROM PUBLIC`,
  `GRANT EXECUTE ON FUNCTION ${SCHEMA}.${signature} TO control_app`,
]);

export class CreateBarrier1700000000002 implements MigrationInterface {
  readonly name = 'CreateBarrier1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ADVANCE, RENEW, LEASES, FORGET, ...GRANTS]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const signature of SIGNATURES) await runner.query(`DROP FUNCTION ${SCHEMA}.${signature}`);
    for (const table of ['replica_leases', 'organisation_epochs', 'barrier_position']) {
      await runner.query(`DROP TABLE ${SCHEMA}.${table}`);
    }
  }
}
