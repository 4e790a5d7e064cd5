import { lp } from '../encoding/length-prefix.js';
import { sha256 } from '../encoding/sha256.js';
import { payloadHash } from '../tokens/compact-jws.js';
import type { OpenRequest } from './vault.js';

/** What the sealed answer to `vault.v1.open` is bound to. Vault and gateway compute it alike. */
export interface OpenSealing {
  purpose: 'open';
  /** gh ‖ SHA-256(receipt) */
  binding: Buffer;
  /** SHA-256("portcullis/v1/open\0" ‖ LP(grant) ‖ LP(receipt) ‖ LP(replyKey)): the hash of the request. */
  aad: Buffer;
}

/** An answer moved to another grant, receipt or reply key does not open. */
export function openSealing(request: OpenRequest): OpenSealing {
  return {
    purpose: 'open',
    binding: Buffer.concat([payloadHash(request.grant), sha256(request.receipt)]),
    aad: sha256('portcullis/v1/open\0', lp(request.grant, request.receipt, request.replyKey)),
  };
}
