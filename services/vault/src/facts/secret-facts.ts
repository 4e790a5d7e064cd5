import type { FactEntry, GrantClaims } from '@portcullis/contracts';
import type { Proof } from '../proof/decide-proof.js';
import type { StoredSecret } from '../storage/stored-secret.js';
import { fact, factId } from './facts.js';

export type SecretAction = 'secret.stored' | 'secret.rotated' | 'secret.deleted';

/** What happened to a secret, who did it, and which recorded intent allowed it. */
export function secretFact(
  action: SecretAction,
  secret: StoredSecret,
  proof: Proof<GrantClaims>,
  now: Date,
): FactEntry {
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
    identityOf(secret.secretId, secret.version),
    now,
  );
}

const identityOf = (secretId: string, version: number): string[] => [secretId, String(version)];

/** The facts that there would be if a later version of the secret had been stored, or this one deleted. */
export const laterFactIds = (secret: StoredSecret): string[] => [
  storedFactId(secret, secret.version + 1),
  factId(secret.org, 'secret.deleted', identityOf(secret.secretId, secret.version)),
];

/** Of a version after the first. */
export const storedFactId = ({ org, secretId }: StoredSecret, version: number): string =>
  factId(org, 'secret.rotated', identityOf(secretId, version));
