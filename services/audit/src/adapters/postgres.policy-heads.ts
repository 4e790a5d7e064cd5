import type { PolicyHead } from '@portcullis/contracts';
import type { DataSource } from 'typeorm';
import type { PolicyHeads } from '../ports/policy-heads.js';

interface Row {
  org_id: string;
  revision: string;
  head: string;
}

/** {@link PolicyHeads} by the one look-up over organisations that the runtime role has: ids, revisions and hashes only. */
export class PostgresPolicyHeads implements PolicyHeads {
  constructor(private readonly dataSource: DataSource) {}

  async of(orgs: readonly string[]): Promise<Map<string, PolicyHead>> {
    const text = 'SELECT org_id, revision, head FROM find_policy_heads($1)';
    const rows = (await this.dataSource.query(text, [orgs])) as Row[];
    return new Map(
      rows.map(({ org_id: org, revision, head }) => [org, { revision: Number(revision), head }]),
    );
  }
}
