import {
  AppError,
  extractLocalKeks,
  expandLocalKek,
  unwrapKey,
  wrapKey,
  type Secret,
} from '@portcullis/contracts';
import { kekIdOf, parseKekId } from '../key-hierarchy/kek-id.js';
import { ownerKeyAad } from '../key-hierarchy/owner-key-aad.js';
import { rewrapHere } from '../key-hierarchy/rewrap-here.js';
import { tryKey } from '../key-hierarchy/try-key.js';
import type {
  KeyProvider,
  KeyVersionStatus,
  OwnerKeyContext,
  WrappedOwnerKey,
} from '../ports/key-provider.js';
import type { KeyVersionRegister, KeyVersions } from '../ports/key-versions.js';

/**
 * A key-encryption key derived by HKDF-SHA256 from a root secret outside the database (H3), one for each of its versions.
 * Wrapping: contracts.md, "Owner keys wrapped by the KEK provider". Which versions there are is written down in the
 * database, which therefore decides what seals and what opens no longer, and has nothing that a key could be made of.
 */
export class LocalKeyProvider implements KeyProvider {
  /** HKDF's pseudorandom key of the root secret. */
  private keks: Buffer | undefined;
  private readonly known = new Map<string, Buffer>();

  /** The root secret is not kept: the caller may wipe it. */
  constructor(
    readonly reference: string,
    rootSecret: Secret,
    private readonly register: KeyVersionRegister,
  ) {
    this.keks = extractLocalKeks(rootSecret);
  }

  async primary(): Promise<string> {
    return kekIdOf(this.reference, (await this.register.of(this.reference, 'now')).newest);
  }

  async wrap(key: Uint8Array, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    const kekId = kekIdOf(this.reference, (await this.register.of(this.reference)).newest);
    return {
      kekId,
      bytes: wrapKey({ wrappingKey: this.kek(kekId), key, aad: ownerKeyAad(kekId, context) }),
    };
  }

  async unwrap({ kekId, bytes }: WrappedOwnerKey, context: OwnerKeyContext): Promise<Buffer> {
    this.requireOwn(kekId);
    await this.requireOpening(kekId);
    return unwrapKey({ wrappingKey: this.kek(kekId), wrapped: bytes, aad: ownerKeyAad(kekId, context) });
  }

  rewrap(wrapped: WrappedOwnerKey, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    return rewrapHere({ from: this, to: this }, wrapped, context);
  }

  async describe(): Promise<readonly KeyVersionStatus[]> {
    if (this.keks === undefined) return [];
    const { oldest, newest } = await this.register.of(this.reference);
    return Array.from({ length: newest - oldest + 1 }, (_, index) => ({
      kekId: kekIdOf(this.reference, oldest + index),
      seals: oldest + index === newest,
      opens: true,
    }));
  }

  check(): Promise<void> {
    return tryKey(this);
  }

  async close(): Promise<void> {
    for (const kek of this.known.values()) kek.fill(0);
    this.known.clear();
    this.keks?.fill(0);
    this.keks = undefined;
  }

  private async requireOpening(kekId: string): Promise<void> {
    if (opens(kekId, await this.register.of(this.reference))) return;
    // Another replica may have made it a moment ago.
    if (!opens(kekId, await this.register.of(this.reference, 'now'))) throw this.refused(kekId, 'retired');
  }

  private requireOwn(kekId: string): void {
    if (parseKekId(kekId)?.reference !== this.reference) throw this.refused(kekId, 'not_configured');
  }

  private kek(kekId: string): Buffer {
    if (this.keks === undefined) throw this.refused(kekId, 'not_configured');
    const kek = this.known.get(kekId) ?? expandLocalKek(this.keks, kekId);
    this.known.set(kekId, kek);
    return kek;
  }

  private refused(kekId: string, reason: 'not_configured' | 'retired'): AppError {
    const why = reason === 'retired' ? 'is not in use (any more)' : 'is not configured';
    return new AppError('KEY_UNAVAILABLE', `The key-encryption key "${kekId}" ${why}.`, {
      details: { kekId, reason },
    });
  }
}

function opens(kekId: string, { oldest, newest }: KeyVersions): boolean {
  const version = parseKekId(kekId)?.version ?? 0;
  return oldest <= version && version <= newest;
}
