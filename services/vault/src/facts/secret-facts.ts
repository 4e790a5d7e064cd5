import type { FactEntry } from '@portcullis/contracts';
import type { Proof } from '../proof/decide-proof.js';
import type { StoredSecret } from '../storage/stored-secret.js';
import { fact } from './facts.js';

export type SecretAction = 'secret.stored' | 'secret.rotated' | 'secret.deleted';

/** What happened to a secret, who did it, and which recorded intent allowed it. */
export function secretFact(action: SecretAction, secret: StoredSecret, proof: Proof, now: Date): FactEntry {
  const { grant, receipt } = proof;
  return fact(
    {
      org: grant.org,
      action,
      actor: { kind: grant.kind, id: grant.sub },
      target: { type: 'secret', id: secret.secretId },
      data: {
        srv: secret.srv,
        slot: secret.slot,
        ownerKind: secret.ownerKind,
        owner: secret.owner,
        dst: secret.dst,
        version: secret.version,
        call: grant.call,
        intent: receipt.recordId,
      },
    },
    [secret.secretId, String(secret.version)],
    now,
  );
}
