import type { DeleteReply, DeleteRequest } from '@portcullis/contracts';
import { writeFact } from '../facts/outbox.js';
import { secretFact } from '../facts/secret-facts.js';
import { consumeGrant } from '../proof/consume-grant.js';
import type { Proofs } from '../proof/proofs.js';
import { verifySecretChange } from '../proof/verify-secret-change.js';
import { lockSecret } from '../storage/stored-secret.js';
import type { TenantTransactions } from '../storage/tenant-transactions.js';

/** Deletes a secret against a grant and its receipt. Deleting what isn't there is no error, but uses the grant up. */
export class DeleteSecret {
  constructor(
    private readonly proofs: Proofs,
    private readonly transactions: TenantTransactions,
    private readonly clock: () => Date,
  ) {}

  /** @throws AppError `UNAUTHENTICATED`, `FORBIDDEN`, `GRANT_CONSUMED`, `UNAVAILABLE` */
  async run(request: DeleteRequest): Promise<DeleteReply> {
    const now = this.clock();
    const proof = verifySecretChange(this.proofs, 'secret.delete', request, now);
    const { org } = proof.grant;
    return this.transactions.run(org, async (manager) => {
      await consumeGrant(manager, proof.grant);
      const secret = await lockSecret(manager, { org, ...request.arguments.target });
      if (secret === null) return { deleted: false };
      await manager.query('DELETE FROM secrets WHERE org_id = $1 AND secret_id = $2', [org, secret.secretId]);
      await writeFact(manager, secretFact('secret.deleted', secret, proof, now));
      return { deleted: true };
    });
  }
}
