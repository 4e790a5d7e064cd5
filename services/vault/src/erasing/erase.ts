import { ERASURE_OPERATION_OF, type EraseReply, type EraseRequest } from '@portcullis/contracts';
import { writeFacts } from '../facts/outbox.js';
import type { OwnerKeys } from '../key-hierarchy/owner-keys.js';
import { consumeGrant } from '../proof/consume-grant.js';
import type { Proofs } from '../proof/proofs.js';
import type { TenantTransactions } from '../storage/tenant-transactions.js';
import { destroyRows } from './destroy-rows.js';
import { erasureFacts } from './erasure-facts.js';
import { holdStoring, writeTombstone } from './tombstones.js';

export interface EraseParts {
  readonly proofs: Proofs;
  readonly keys: Pick<OwnerKeys, 'forgetChanged'>;
  readonly transactions: TenantTransactions;
  readonly clock: () => Date;
}

/**
 * Destroys secrets and keys for good, against policy's grant for exactly this and audit's receipt, once. Rows, tombstone and
 * certificate come about together or not at all. Asked again with another grant it destroys what is left, which is
 * nothing unless an older database was restored.
 */
export class Erase {
  constructor(private readonly parts: EraseParts) {}

  /** @throws AppError `UNAUTHENTICATED`, `FORBIDDEN`, `GRANT_CONSUMED`, `UNAVAILABLE` */
  async run(request: EraseRequest): Promise<EraseReply> {
    const { proofs, keys, transactions, clock } = this.parts;
    const now = clock();
    const { what, id } = request.arguments;
    const proof = proofs.verifyChange(request, ERASURE_OPERATION_OF[what], now);
    const { org } = proof.grant;
    const order = { org, what, id, grantHash: proof.grantHash, receiptRecordId: proof.receipt.recordId };
    const reply = await transactions.run(org, async (manager) => {
      await consumeGrant(manager, proof.grant);
      await holdStoring(manager, org);
      // First: without it the database lets no key be destroyed.
      const isFirst = await writeTombstone(manager, order, now);
      const destroyed = await destroyRows(manager, order);
      const counts = countsOf(destroyed);
      if (isFirst || Object.values(counts).some((count) => count > 0))
        await writeFacts(manager, org, erasureFacts(order, destroyed, proof, now));
      return counts;
    });
    // The other replicas forget when control tells them of the change: before it is answered.
    keys.forgetChanged([org]);
    return reply;
  }
}

const countsOf = (destroyed: Record<keyof EraseReply, readonly unknown[]>): EraseReply => ({
  secrets: destroyed.secrets.length,
  ownerKeys: destroyed.ownerKeys.length,
  subjectKeys: destroyed.subjectKeys.length,
});
