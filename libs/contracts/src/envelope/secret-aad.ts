import { idBytes } from '../encoding/ids.js';
import { lp, uint64be } from '../encoding/length-prefix.js';

const ENVELOPE_SUITE = 'A256GCM-HKDF-SHA256';

/** What a stored value is, whose it is and where it may go. Ids are ULIDs. */
export interface SecretAad {
  /** For example `credential`. */
  purpose: string;
  org: string;
  /** `organisation` or `user`. */
  ownerKind: string;
  owner: string;
  /** Null where the secret belongs to no server. */
  srv: string | null;
  slot: string;
  secretId: string;
  /** Rises with every write: an older value put back does not open as the current one. */
  recordVersion: bigint | number;
  /** Destination: a canonical origin, or the hash of a launch specification. */
  dst: string;
}

/**
 * Envelope v1 AAD = LP("portcullis/aad/v1") ‖ LP(suite) ‖ LP(purpose) ‖ LP(org) ‖ LP(ownerKind) ‖ LP(owner) ‖ LP(srv) ‖
 * LP(slot) ‖ LP(secretId) ‖ LP(uint64 recordVersion) ‖ LP(dst); ids as 16 bytes (an absent `srv` as none).
 *
 * @throws AppError `INVALID_ARGUMENT` for an id that is none.
 */
export function secretAad(a: SecretAad): Buffer {
  return lp(
    'portcullis/aad/v1',
    ENVELOPE_SUITE,
    a.purpose,
    idBytes(a.org),
    a.ownerKind,
    idBytes(a.owner),
    a.srv === null ? '' : idBytes(a.srv),
    a.slot,
    idBytes(a.secretId),
    uint64be(a.recordVersion),
    a.dst,
  );
}
