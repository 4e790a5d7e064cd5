import { protectTenantTable } from '@portcullis/platform';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The highest recorded fact of policy of each organisation, and the hash of its link. */
const POLICY_HEADS = `
  CREATE TABLE audit.policy_heads (
    org_id text PRIMARY KEY,
    revision bigint NOT NULL,
    head text NOT NULL
  )`;

/**
 * Policy asks for all its organisations before it serves any. Row-level security is forced on the owner too, so the
 * function reads through a policy of its own that only the owner has, for SELECT only.
 */
const LOOKUP = [
  'CREATE POLICY owner_lookup ON audit.policy_heads FOR SELECT TO CURRENT_USER USING (true)',
  `CREATE FUNCTION audit.find_policy_heads(wanted text[]) RETURNS TABLE (org_id text, revision bigint, head text)
     LANGUAGE sql STABLE SECURITY DEFINER SET search_path = audit, pg_temp
     AS $$ SELECT h.org_id, h.revision, h.head FROM audit.policy_heads h WHERE h.org_id = ANY (wanted) $$`,
  'REVOKE ALL ON FUNCTION audit.find_policy_heads(text[]) FROM PUBLIC',
  'GRANT EXECUTE ON FUNCTION audit.find_policy_heads(text[]) TO audit_app',
  'GRANT SELECT, INSERT, UPDATE ON audit.policy_heads TO audit_job',
];

/** Records that were made before this state no head, so there is nothing to fill it with. */
export class AddPolicyHeads1763750000000 implements MigrationInterface {
  name = 'AddPolicyHeads1763750000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [POLICY_HEADS, ...protectTenantTable('audit', 'policy_heads'), ...LOOKUP]) {
      await runner.query(statement);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION audit.find_policy_heads(text[])');
    await runner.query('DROP TABLE audit.policy_heads');
  }
}
