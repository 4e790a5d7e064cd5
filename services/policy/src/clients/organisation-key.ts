import { hkdfSync } from 'node:crypto';
import { Secret } from '@portcullis/contracts';

/**
 * The key that the tokens of one organisation's policy clients are derived from: HKDF-SHA256(root, info =
 * "portcullis/v1/policy-clients" ‖ org). Per organisation, so that an admin who registers the client id of another
 * organisation gets another token than theirs.
 */
export function organisationKey(root: Secret, org: string): Secret {
  const bytes = Buffer.from(
    hkdfSync('sha256', root.reveal(), Buffer.alloc(0), `portcullis/v1/policy-clients${org}`, 32),
  );
  try {
    return Secret.of(bytes);
  } finally {
    bytes.fill(0);
  }
}
