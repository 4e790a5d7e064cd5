import { randomBytes } from 'node:crypto';
import { newId } from '@portcullis/contracts';
import fc from 'fast-check';
import type { KeyProvider, OwnerKeyContext } from './key-provider.js';

export interface ProviderUnderTest {
  /** Provider whose primary key is the given one and which also has the `others`. */
  create(primary: string, others?: readonly string[]): Promise<KeyProvider>;
}

/** What every key provider has to pass. */
export function keyProviderContract(name: string, under: ProviderUnderTest): void {
  const context = (): OwnerKeyContext => ({
    org: newId(),
    ownerKind: 'user',
    owner: newId(),
    keyId: newId(),
    version: 1,
  });
  const failed = { code: 'DECRYPTION_FAILED' };

  describe(`key provider ${name}`, () => {
    it('opens what it has wrapped, and names its primary key', async () => {
      const provider = await under.create('kek-a');
      const where = context();
      const key = randomBytes(32);
      const wrapped = await provider.wrap(key, where);
      expect(wrapped.kekId).toBe('kek-a');
      expect(wrapped.bytes.includes(key)).toBe(false);
      expect((await provider.unwrap(wrapped, where)).equals(key)).toBe(true);
    });

    it('never gives equal bytes for equal keys', async () => {
      const provider = await under.create('kek-a');
      const where = context();
      const key = randomBytes(32);
      const all = await Promise.all(Array.from({ length: 16 }, () => provider.wrap(key, where)));
      expect(new Set(all.map(({ bytes }) => bytes.toString('hex'))).size).toBe(16);
    });

    it.each(['org', 'owner', 'keyId'] as const)('does not open under another %s', async (field) => {
      const provider = await under.create('kek-a');
      const where = context();
      const wrapped = await provider.wrap(randomBytes(32), where);
      await expect(provider.unwrap(wrapped, { ...where, [field]: newId() })).rejects.toMatchObject(failed);
    });

    it('does not open under another kind of owner or version', async () => {
      const provider = await under.create('kek-a');
      const where = context();
      const wrapped = await provider.wrap(randomBytes(32), where);
      await expect(provider.unwrap(wrapped, { ...where, ownerKind: 'organisation' })).rejects.toMatchObject(
        failed,
      );
      await expect(provider.unwrap(wrapped, { ...where, version: 2 })).rejects.toMatchObject(failed);
    });

    it('does not open after any one bit has changed', async () => {
      const provider = await under.create('kek-a');
      const where = context();
      const wrapped = await provider.wrap(randomBytes(32), where);
      await fc.assert(
        fc.asyncProperty(fc.nat(wrapped.bytes.byteLength * 8 - 1), async (bit) => {
          const bytes = Buffer.from(wrapped.bytes);
          bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          await expect(provider.unwrap({ ...wrapped, bytes }, where)).rejects.toMatchObject(failed);
        }),
        { numRuns: 40 },
      );
      const short = wrapped.bytes.subarray(0, -1);
      await expect(provider.unwrap({ ...wrapped, bytes: short }, where)).rejects.toMatchObject(failed);
    });

    it('opens with a secondary key but seals with the primary only', async () => {
      const before = await under.create('kek-a');
      const where = context();
      const key = randomBytes(32);
      const old = await before.wrap(key, where);
      const both = await under.create('kek-b', ['kek-a']);
      expect((await both.unwrap(old, where)).equals(key)).toBe(true);
      expect((await both.wrap(key, where)).kekId).toBe('kek-b');
      const after = await under.create('kek-b');
      await expect(after.unwrap(old, where)).rejects.toMatchObject({
        code: expect.stringMatching(/^(KEY_UNAVAILABLE|DECRYPTION_FAILED)$/),
      });
    });

    it('uses the named key, never another that it has', async () => {
      const provider = await under.create('kek-b', ['kek-a']);
      const where = context();
      const wrapped = await provider.wrap(randomBytes(32), where);
      await expect(provider.unwrap({ ...wrapped, kekId: 'kek-a' }, where)).rejects.toMatchObject(failed);
    });
  });
}
