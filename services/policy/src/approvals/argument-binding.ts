import { createHmac } from 'node:crypto';
import { canonicalBytes, type Secret } from '@portcullis/contracts';
import { organisationKey } from '../keys/organisation-key.js';

/**
 * What an approval keeps of arguments: HMAC-SHA256 of their RFC 8785 bytes under a key of the organisation. Facts can be read
 * by whoever reads the store, and a plain digest of small arguments would tell them.
 */
export function bindArguments(root: Secret, org: string, args: unknown): string {
  const key = organisationKey(root, 'approval-arguments', org);
  try {
    return createHmac('sha256', key.reveal())
      .update(canonicalBytes(args ?? {}))
      .digest('base64url');
  } finally {
    key.wipe();
  }
}
