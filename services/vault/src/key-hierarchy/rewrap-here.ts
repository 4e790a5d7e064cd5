import type { KeyProvider, OwnerKeyContext, WrappedOwnerKey } from '../ports/key-provider.js';

/** Where the service can't do it: the owner key is unwrapped by one key, wrapped by the other, and wiped whatever happens. */
export async function rewrapHere(
  { from, to }: { from: Pick<KeyProvider, 'unwrap'>; to: Pick<KeyProvider, 'wrap'> },
  wrapped: WrappedOwnerKey,
  context: OwnerKeyContext,
): Promise<WrappedOwnerKey> {
  const key = await from.unwrap(wrapped, context);
  try {
    return await to.wrap(key, context);
  } finally {
    key.fill(0);
  }
}
