import type { FactEntry, GrantClaims } from '@portcullis/contracts';
import { fact, factId } from '../facts/facts.js';
import { secretFact } from '../facts/secret-facts.js';
import type { Proof } from '../proof/decide-proof.js';
import type { Destroyed } from './destroy-rows.js';
import type { ErasureOrder } from './tombstones.js';

/** A certificate names so many secrets; all of them have a record of their own, of the same call. */
const NAMED = 256;

/** `secret.deleted` and `subjectKey.destroyed` for each, and the certificate: what was destroyed, on whose order. */
export function erasureFacts(
  order: ErasureOrder,
  destroyed: Destroyed,
  proof: Proof<GrantClaims>,
  now: Date,
): FactEntry[] {
  const secrets = destroyed.secrets.map((secret) => secretFact('secret.deleted', secret, proof, now));
  const keys = destroyed.subjectKeys.map((keyId) => subjectKeyDestroyed(keyId, order, proof, now));
  return [...secrets, ...keys, certificate(order, destroyed, proof, now)];
}

/** The fact that there is once a subject key was destroyed. */
export const destroyedFactId = (org: string, keyId: string): string =>
  factId(org, 'subjectKey.destroyed', [keyId]);

const subjectKeyDestroyed = (
  keyId: string,
  { org, id }: ErasureOrder,
  { grant, receipt }: Proof<GrantClaims>,
  now: Date,
): FactEntry =>
  fact(
    {
      org,
      action: 'subjectKey.destroyed',
      actor: { kind: grant.kind, id: grant.sub },
      target: { type: 'subjectKey', id: keyId },
      data: { subject: id, call: grant.call, intent: receipt.recordId },
    },
    [keyId],
    now,
  );

function certificate(
  { org, what, id, grantHash }: ErasureOrder,
  { secrets, ownerKeys, subjectKeys }: Destroyed,
  { grant, receipt }: Proof<GrantClaims>,
  now: Date,
): FactEntry {
  return fact(
    {
      org,
      action: 'vault.erased',
      actor: { kind: grant.kind, id: grant.sub },
      target: { type: what === 'server' ? 'server' : 'user', id },
      data: {
        what,
        secrets: secrets.length,
        secretIds: secrets.slice(0, NAMED).map(({ secretId }) => secretId),
        // By which key-encryption key that was wrapped which the secrets lay under.
        secretsByKek: countBy(secrets.map(({ kekId }) => kekId)),
        ownerKeys: ownerKeys.map((key) => ({ ...key })),
        subjectKeys: [...subjectKeys],
        grant: grantHash,
        call: grant.call,
        intent: receipt.recordId,
      },
    },
    [what, id, grant.call],
    now,
  );
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(counts);
}
