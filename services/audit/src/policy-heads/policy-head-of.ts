import { policyHeadSchema, type AuditRecord, type PolicyHead } from '@portcullis/contracts';

/**
 * Which head of policy's chain a record states; undefined for a record that states none. Only what policy itself had
 * recorded counts, and no other service may state an action of policy's.
 */
export function policyHeadOf({ type, source, data }: AuditRecord): PolicyHead | undefined {
  if (type !== 'AdminActionRecorded' || source !== 'policy') return undefined;
  return policyHeadSchema.safeParse({ revision: data?.['revision'], head: data?.['head'] }).data;
}
