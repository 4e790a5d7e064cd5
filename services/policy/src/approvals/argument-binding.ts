import { createHmac, hkdfSync } from 'node:crypto';
import { canonicalBytes, Secret } from '@portcullis/contracts';

/**
 * What an approval keeps of arguments: HMAC-SHA256 of their RFC 8785 bytes under a key of the organisation, HKDF-SHA256(root,
 * info = "portcullis/v1/approval-arguments" ‖ org). Facts can be read by whoever reads the store, and a plain digest of small
 * arguments would tell them.
 */
export function bindArguments(root: Secret, org: string, args: unknown): string {
  const info = `portcullis/v1/approval-arguments${org}`;
  const key = Buffer.from(hkdfSync('sha256', root.reveal(), Buffer.alloc(0), info, 32));
  try {
    return createHmac('sha256', key)
      .update(canonicalBytes(args ?? {}))
      .digest('base64url');
  } finally {
    key.fill(0);
  }
}
