import { VERBS, type AuditFilter, type AuditPage, type VerbCaller } from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { Assertions } from '../authentication/assertions.js';

/** Asks audit for one page. The organisation is the assertion's: a filter can only narrow it. */
export class QueryRecords {
  constructor(
    private readonly peers: VerbCaller,
    private readonly assertions: Assertions,
  ) {}

  run(admin: Admin, filter: AuditFilter, page: { limit: number; cursor: string | null }): Promise<AuditPage> {
    const assertion = this.assertions.issue(admin.principal, 'audit');
    return this.peers.call(VERBS.auditQuery, { assertion, filter, ...page });
  }
}
