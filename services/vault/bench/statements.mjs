// What policy, audit and a credential's owner would make, with the real keys of the installation.
import { randomBytes } from 'node:crypto';
import {
  argumentDigest,
  b64u,
  canonicalBytes,
  hpkeSeal,
  issueForAudiences,
  issueToken,
  newId,
  payloadHash,
} from '@portcullis/contracts';

const hash = () => b64u(randomBytes(32));

/** Grant and receipt for an operation, as the vault wants to see them. */
export function pairOf(trust, claims) {
  const common = {
    ...{ org: newId(), sub: newId(), act: { client: 'bench', agent: null }, kind: 'user', sid: newId() },
    ...{ pah: hash(), call: newId(), attempt: 1, did: newId(), rev: 1, pdg: hash(), tool: null, tdg: null },
    ...{ label: null, ad: null, rule: 'bench', apr: null, rkh: null, slots: [], ...claims },
  };
  const { vault: grant } = issueForAudiences(
    trust.keyring('policy'),
    'pc-grant+jwt',
    ['audit', 'vault'],
    common,
  );
  const receipt = issueToken(trust.keyring('audit'), 'pc-receipt+jwt', 'vault', {
    ...{ kind: 'intent', org: common.org, call: common.call, attempt: 1, gh: b64u(payloadHash(grant)) },
    ...{ exp: expiryOf(grant), recordId: newId(), dh: hash(), stream: 'audit-bench', revision: 1 },
  });
  return { grant, receipt };
}

const expiryOf = (jws) => JSON.parse(Buffer.from(jws.split('.')[1], 'base64url').toString('utf8')).exp;

/** A request for an operation that is bound to its arguments. */
export function changeOf(trust, operation, { org, args, ...claims }) {
  const salt = randomBytes(32);
  const pair = pairOf(trust, { org, op: operation, ad: argumentDigest(salt, operation, args), ...claims });
  return { ...pair, argumentSalt: b64u(salt), arguments: args };
}

/** `vault.v1.put` of an organisation's credential. */
export function putOf(trust, org, target, value) {
  const { kid, publicKey } = trust.keyring('control').sealKeyOf('vault');
  const { enc, ciphertext } = hpkeSeal({
    ...{ recipientPublicKey: publicKey, info: 'portcullis/v1/put', plaintext: Buffer.from(value) },
    aad: canonicalBytes({ org, ...target }),
  });
  const args = { target, sealed: { kid, enc: b64u(enc), ciphertext: b64u(ciphertext) } };
  const { srv, dst, slot, ownerKind: owner } = target;
  return changeOf(trust, 'secret.put', { org, args, srv, slug: 'bench', dst, slots: [{ slot, owner }] });
}
