import { demandConsumed, consumptionOf } from '../proof/consume-grant.js';
import { sealedOf, toSealed, type SealedSecret } from '../storage/stored-secret.js';
import type { TenantTransactions } from '../storage/tenant-transactions.js';
import type { ServerGrant } from '../proof/decide-proof.js';

interface Claimed {
  /** Ids of the grants that this transaction used up, and that nobody has been given yet. */
  used: Set<string>;
  found: SealedSecret[];
}

interface Group {
  grants: ServerGrant[];
  claimed: Promise<Claimed>;
}

/**
 * Uses grants up and reads the secrets of their servers, in one transaction for all of an organisation that are asked in
 * the same tick.
 *
 * Not durable: if the database's crash takes the last used grants with it, a replay is still sealed to the same reply
 * key and so tells nobody anything new. What was read is given on only when this transaction was the one that used the
 * grant up, and has committed.
 */
export class ClaimGrants {
  private readonly groups = new Map<string, Group>();

  constructor(private readonly transactions: TenantTransactions) {}

  /**
   * Secrets that the grant may be for, and perhaps others of its organisation: which of them it opens is decided
   * elsewhere.
   *
   * @throws AppError `GRANT_CONSUMED`; `UNAVAILABLE`: then the grant may be used up
   */
  async claim(grant: ServerGrant): Promise<SealedSecret[]> {
    const group = this.groups.get(grant.org) ?? this.open(grant.org);
    group.grants.push(grant);
    const { used, found } = await group.claimed;
    demandConsumed(used.delete(grant.jti));
    return found;
  }

  private open(org: string): Group {
    const grants: ServerGrant[] = [];
    const claimed = new Promise((resolve) => setImmediate(resolve)).then(() => {
      this.groups.delete(org);
      return this.transact(org, grants);
    });
    const group = { grants, claimed };
    this.groups.set(org, group);
    return group;
  }

  private async transact(org: string, grants: readonly ServerGrant[]): Promise<Claimed> {
    const wanted = sealedOf({
      org,
      users: grants.map(({ sub }) => sub),
      servers: grants.map(({ srv }) => srv),
      slots: grants.flatMap(({ slots }) => slots.map(({ slot }) => slot)),
    });
    const statements = [consumptionOf(org, grants), wanted];
    const [used = [], found = []] = await this.transactions.together(org, statements, { durable: false });
    return {
      used: new Set((used as { jti: string }[]).map(({ jti }) => jti)),
      found: toSealed(found),
    };
  }
}
