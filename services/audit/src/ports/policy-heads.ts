import type { PolicyHead } from '@portcullis/contracts';

/** The heads of policy's chains of facts, as far as the projection has come. */
export interface PolicyHeads {
  /**
   * Highest recorded revision of policy's facts and its hash, by organisation; missing: none is recorded. A caller may
   * rely on: an answer never goes back behind an earlier one unless the projection is built again from zero.
   */
  of(orgs: readonly string[]): Promise<Map<string, PolicyHead>>;
}
