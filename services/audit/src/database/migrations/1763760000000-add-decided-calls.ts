import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The row of a decided call as policy reads it, made once instead of at each reading. Null in rows of before. */
export class AddDecidedCalls1763760000000 implements MigrationInterface {
  name = 'AddDecidedCalls1763760000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE audit.records ADD COLUMN decided text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE audit.records DROP COLUMN decided');
  }
}
