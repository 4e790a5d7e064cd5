import { AppError } from '@portcullis/contracts';
import type {
  KeyProvider,
  KeyVersionStatus,
  OwnerKeyContext,
  WrappedOwnerKey,
} from '../ports/key-provider.js';
import { parseKekId } from './kek-id.js';
import { rewrapHere } from './rewrap-here.js';

/**
 * Several key-encryption keys, of whatever kinds, as one: the first seals, and each opens what carries its id. So an
 * installation moves from one kind of key to another while it runs.
 */
export class KeyProviders implements KeyProvider {
  private readonly byReference: ReadonlyMap<string, KeyProvider>;

  /** @throws AppError `INVALID_ARGUMENT` if two have the same reference. */
  constructor(
    private readonly sealing: KeyProvider,
    ...others: readonly KeyProvider[]
  ) {
    const all = [sealing, ...others];
    this.byReference = new Map(all.map((provider) => [provider.reference, provider]));
    if (this.byReference.size !== all.length)
      throw new AppError('INVALID_ARGUMENT', 'Two key-encryption keys have the same id.');
  }

  get reference(): string {
    return this.sealing.reference;
  }

  /** Of every key, the one that seals first. */
  get references(): readonly string[] {
    return [...this.byReference.keys()];
  }

  primary(): Promise<string> {
    return this.sealing.primary();
  }

  wrap(key: Uint8Array, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    return this.sealing.wrap(key, context);
  }

  async unwrap(wrapped: WrappedOwnerKey, context: OwnerKeyContext): Promise<Buffer> {
    return this.providerOf(wrapped.kekId).unwrap(wrapped, context);
  }

  async rewrap(wrapped: WrappedOwnerKey, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    const before = this.providerOf(wrapped.kekId);
    if (before === this.sealing) return this.sealing.rewrap(wrapped, context);
    return rewrapHere({ from: before, to: this.sealing }, wrapped, context);
  }

  async describe(): Promise<readonly KeyVersionStatus[]> {
    const all = await Promise.all(
      [...this.byReference.values()].map(async (provider) => ({ provider, keys: await provider.describe() })),
    );
    return all.flatMap(({ provider, keys }) =>
      keys.map((key) => ({ ...key, seals: key.seals && provider === this.sealing })),
    );
  }

  async check(): Promise<void> {
    const others = [...this.byReference.values()].filter((provider) => provider !== this.sealing);
    await Promise.all([this.sealing.check(), ...others.map(requireOpening)]);
  }

  async close(): Promise<void> {
    await Promise.all([...this.byReference.values()].map((provider) => provider.close()));
  }

  private providerOf(kekId: string): KeyProvider {
    const provider = this.byReference.get(parseKekId(kekId)?.reference ?? '');
    if (provider !== undefined) return provider;
    throw new AppError('KEY_UNAVAILABLE', `The key-encryption key "${kekId}" is not configured.`, {
      details: { kekId, reason: 'not_configured' },
    });
  }
}

/** It may have been forbidden to seal: that it could open is all that is asked of it. */
export async function requireOpening(provider: Pick<KeyProvider, 'reference' | 'describe'>): Promise<void> {
  const versions = await provider.describe();
  if (versions.some(({ opens }) => opens)) return;
  throw new AppError('KEY_UNAVAILABLE', `The key "${provider.reference}" opens nothing.`, {
    details: { key: provider.reference, reason: 'disabled' },
  });
}
