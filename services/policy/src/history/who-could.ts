import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError, type WhoCouldReply, type WhoCouldRequest } from '@portcullis/contracts';
import { couldUse, labelOf, membersAfter, type CouldUse, type Snapshot } from '@portcullis/policy-engine';
import { requireAdmin } from '../admin/require-admin.js';
import type { PrincipalVerifier } from '../authorize/principal-verifier.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import type { PolicyHistory } from './policy-history.js';

/** Members that are looked at in one go. A page ends after so many of them too, and when it is large. */
const AT_ONCE = 64;
const MAX_LOOKED_AT = 20_000;
const MAX_BYTES = 600 * 1024;

interface Wanted {
  place: { srv: string; tool: string };
  limit: number;
  cursor: string | null;
}

/** Tells an admin who could have used a tool at a moment of the past. */
export class WhoCould {
  constructor(
    private readonly principals: PrincipalVerifier,
    private readonly decisions: PolicyDecisions,
    private readonly history: PolicyHistory,
  ) {}

  /** @throws AppError UNAUTHENTICATED, DENIED_BY_POLICY, NOT_FOUND, and whatever {@link PolicyHistory.at} throws */
  async run({ assertion, at, server: slug, tool, limit, cursor }: WhoCouldRequest): Promise<WhoCouldReply> {
    const principal = this.principals.verify(assertion);
    requireAdmin(this.decisions, principal, 'policy.read');
    const snapshot = await this.history.at(principal.claims.org, at);
    const server = snapshot.server({ slug });
    if (server === undefined)
      throw new AppError('NOT_FOUND', `There was no server "${slug}" at that moment.`);
    const place = { srv: server.srv, tool };
    return {
      at: { revision: snapshot.revision, time: snapshot.state.time },
      policyDigest: snapshot.digest,
      srv: server.srv,
      label: labelOf(snapshot, place),
      ...(await page(snapshot, { place, limit, cursor })),
    };
  }
}

/** Ends where the page is full or enough members were looked at, and then says where to go on. */
async function page(
  snapshot: Snapshot,
  { place, limit, cursor }: Wanted,
): Promise<Pick<WhoCouldReply, 'users' | 'complete' | 'next'>> {
  const members = membersAfter(snapshot, cursor);
  const users: CouldUse[] = [];
  let bytes = 0;
  for (const [index, user] of members.entries()) {
    const full = users.length >= limit || bytes >= MAX_BYTES || index >= MAX_LOOKED_AT;
    if (full) return { users, complete: false, next: members[index - 1]! };
    if (index % AT_ONCE === AT_ONCE - 1) await nextTurn();
    const could = couldUse(snapshot, place, user);
    if (could === undefined) continue;
    users.push(could);
    bytes += JSON.stringify(could).length;
  }
  return { users, complete: true, next: null };
}
