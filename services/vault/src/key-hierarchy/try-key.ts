import { randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '@portcullis/contracts';
import type { KeyProvider, OwnerKeyContext } from '../ports/key-provider.js';

const NOBODY = '0'.repeat(26);

/** The owner of keys that are wrapped only to see whether that works. */
const TRIAL: OwnerKeyContext = {
  org: NOBODY,
  ownerKind: 'organisation',
  owner: NOBODY,
  keyId: NOBODY,
  version: 1,
};

/**
 * Wraps a random key of nobody and unwraps it: permissions, state and connection are proven by use, not by what the
 * service says of itself.
 *
 * @throws AppError `KEY_UNAVAILABLE`
 */
export async function tryKey(provider: Pick<KeyProvider, 'reference' | 'wrap' | 'unwrap'>): Promise<void> {
  const key = randomBytes(32);
  const opened = await provider.unwrap(await provider.wrap(key, TRIAL), TRIAL);
  const same = opened.byteLength === key.byteLength && timingSafeEqual(opened, key);
  key.fill(0);
  opened.fill(0);
  if (same) return;
  throw new AppError('KEY_UNAVAILABLE', `The key "${provider.reference}" does not open what it sealed.`, {
    details: { key: provider.reference, reason: 'corrupt' },
  });
}
