import { hkdfSync } from 'node:crypto';
import { Secret } from '@portcullis/contracts';

/** One key, one use: what the keys of an organisation are for. */
export type KeyPurpose = 'policy-clients' | 'approval-arguments' | 'list-continuation';

/**
 * A key of one organisation: HKDF-SHA256(root, info = "portcullis/v1/<purpose>" ‖ org). Per organisation, so that what is made
 * in one, the client id of another registered there included, is worth nothing in the other.
 */
export function organisationKey(root: Secret, purpose: KeyPurpose, org: string): Secret {
  const info = `portcullis/v1/${purpose}${org}`;
  const bytes = Buffer.from(hkdfSync('sha256', root.reveal(), Buffer.alloc(0), info, 32));
  try {
    return Secret.of(bytes);
  } finally {
    bytes.fill(0);
  }
}
