import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Organisations whose own key was away in this pass of a rewrap, each with its reason. */
export class PassOverOrganisations1763820000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE vault.rewraps ADD COLUMN passed_over jsonb NOT NULL DEFAULT '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE vault.rewraps DROP COLUMN passed_over');
  }
}
