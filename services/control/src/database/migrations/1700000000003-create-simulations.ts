import { protectTenantTable } from '@portcullis/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SCHEMA } from '../schema.js';

/** `request` and `report` are text: a report is the same bytes for ever. */
const SIMULATIONS = `
  CREATE TABLE ${SCHEMA}.simulations (
    org_id text NOT NULL,
    simulation_id text NOT NULL,
    asked_by text NOT NULL,
    created_at timestamptz NOT NULL,
    request text NOT NULL,
    report text,
    PRIMARY KEY (org_id, simulation_id))`;

/** Simulations of policies that admins have asked for. */
export class CreateSimulations1700000000003 implements MigrationInterface {
  name = 'CreateSimulations1700000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SIMULATIONS);
    for (const statement of protectTenantTable(SCHEMA, 'simulations')) await runner.query(statement);
    await runner.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${SCHEMA}.simulations TO control_app`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE ${SCHEMA}.simulations`);
  }
}
