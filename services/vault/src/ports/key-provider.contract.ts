import { randomBytes } from 'node:crypto';
import { newId } from '@portcullis/contracts';
import fc from 'fast-check';
import { kekIdOf, parseKekId } from '../key-hierarchy/kek-id.js';
import { KeyProviders } from '../key-hierarchy/key-providers.js';
import type { KeyProvider, OwnerKeyContext } from './key-provider.js';

export interface ProviderUnderTest {
  /** Two keys that exist for as long as the suite runs: their references, and what to give to a provider of them. */
  readonly keys: readonly [string, string];
  /** A new provider of one of the keys. The suite closes it. */
  create(reference: string): Promise<KeyProvider>;
  /** Gives the key one more version, as its operator would. Left out where keys have no versions that can be told apart. */
  rotate?(reference: string): Promise<void>;
  /** Of the property tests: fewer where every call goes over a network. */
  readonly runs?: number;
}

export const ownerKeyContext = (): OwnerKeyContext => ({
  org: newId(),
  ownerKind: 'user',
  owner: newId(),
  keyId: newId(),
  version: 1,
});

const unavailable = { code: 'KEY_UNAVAILABLE' };
const failed = { code: 'DECRYPTION_FAILED' };
/** Of an id that was exchanged, a service may say that there is no such key as well as that it does not open. */
const refused = { code: expect.stringMatching(/^(KEY_UNAVAILABLE|DECRYPTION_FAILED)$/) };

/** What every key provider has to pass. `name` says which; `make` runs once, before all of it. */
export function keyProviderContract(name: string, make: () => Promise<ProviderUnderTest>): void {
  describe(`key provider ${name}`, () => {
    let under: ProviderUnderTest;
    let keyA: string;
    let keyB: string;
    const providers: KeyProvider[] = [];
    const kept = <P extends KeyProvider>(provider: P): P => {
      providers.push(provider);
      return provider;
    };
    const of = async (reference: string) => kept(await under.create(reference));
    const both = async (primary: string, other: string) =>
      kept(new KeyProviders(await under.create(primary), await under.create(other)));

    beforeAll(async () => {
      under = await make();
      [keyA, keyB] = under.keys;
    }, 60_000);
    afterEach(async () => {
      await Promise.all(providers.splice(0).map((provider) => provider.close()));
    });

    it('opens what it has wrapped, and names the key and version that wrapped it', async () => {
      const provider = await of(keyA);
      const where = ownerKeyContext();
      const key = randomBytes(32);
      const primary = await provider.primary();
      const wrapped = await provider.wrap(key, where);
      expect(provider.reference).toBe(keyA);
      expect(wrapped.kekId).toBe(primary);
      expect(parseKekId(primary)).toMatchObject({ reference: keyA });
      expect(parseKekId(primary)?.version === null).toBe(under.rotate === undefined);
      expect(wrapped.bytes.includes(key)).toBe(false);
      expect((await provider.unwrap(wrapped, where)).equals(key)).toBe(true);
    });

    it('never gives equal bytes for equal keys', async () => {
      const provider = await of(keyA);
      const where = ownerKeyContext();
      const key = randomBytes(32);
      const first = await provider.wrap(key, where);
      const all = await Promise.all([
        ...Array.from({ length: 8 }, () => provider.wrap(key, where)),
        ...Array.from({ length: 8 }, () => provider.rewrap(first, where)),
      ]);
      expect(new Set([first, ...all].map(({ bytes }) => bytes.toString('hex'))).size).toBe(17);
    });

    it.each(['org', 'owner', 'keyId'] as const)('does not open or rewrap under another %s', async (field) => {
      const provider = await of(keyA);
      const where = ownerKeyContext();
      const wrapped = await provider.wrap(randomBytes(32), where);
      const elsewhere = { ...where, [field]: newId() };
      await expect(provider.unwrap(wrapped, elsewhere)).rejects.toMatchObject(failed);
      await expect(provider.rewrap(wrapped, elsewhere)).rejects.toMatchObject(failed);
    });

    it('does not open or rewrap under another kind of owner or version', async () => {
      const provider = await of(keyA);
      const where = ownerKeyContext();
      const wrapped = await provider.wrap(randomBytes(32), where);
      for (const elsewhere of [
        { ...where, ownerKind: 'organisation' as const },
        { ...where, version: 2 },
      ]) {
        await expect(provider.unwrap(wrapped, elsewhere)).rejects.toMatchObject(failed);
        await expect(provider.rewrap(wrapped, elsewhere)).rejects.toMatchObject(failed);
      }
    });

    it('does not open after any one bit has changed', async () => {
      const provider = await of(keyA);
      const where = ownerKeyContext();
      const wrapped = await provider.wrap(randomBytes(32), where);
      await fc.assert(
        fc.asyncProperty(fc.nat(wrapped.bytes.byteLength * 8 - 1), async (bit) => {
          const bytes = Buffer.from(wrapped.bytes);
          bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          await expect(provider.unwrap({ ...wrapped, bytes }, where)).rejects.toMatchObject(failed);
        }),
        { numRuns: under.runs ?? 40 },
      );
      const short = wrapped.bytes.subarray(0, -1);
      await expect(provider.unwrap({ ...wrapped, bytes: short }, where)).rejects.toMatchObject(failed);
      const none = Buffer.alloc(0);
      await expect(provider.unwrap({ ...wrapped, bytes: none }, where)).rejects.toMatchObject(failed);
    });

    it('opens with a secondary key but seals with the primary only', async () => {
      const before = await of(keyA);
      const where = ownerKeyContext();
      const key = randomBytes(32);
      const old = await before.wrap(key, where);
      const during = await both(keyB, keyA);
      expect((await during.unwrap(old, where)).equals(key)).toBe(true);
      expect(parseKekId((await during.wrap(key, where)).kekId)?.reference).toBe(keyB);
      const after = await of(keyB);
      await expect(after.unwrap(old, where)).rejects.toMatchObject(refused);
    });

    it('rewraps what a secondary key wrapped under the primary, for the same owner key', async () => {
      const where = ownerKeyContext();
      const key = randomBytes(32);
      const old = await (await of(keyA)).wrap(key, where);
      const during = await both(keyB, keyA);
      const fresh = await during.rewrap(old, where);
      expect(fresh.kekId).toBe(await during.primary());
      expect((await (await of(keyB)).unwrap(fresh, where)).equals(key)).toBe(true);
      await expect(during.rewrap(old, { ...where, owner: newId() })).rejects.toMatchObject(failed);
    });

    it('uses the named key, never another that it has', async () => {
      const provider = await both(keyB, keyA);
      const where = ownerKeyContext();
      const wrapped = await provider.wrap(randomBytes(32), where);
      const { kekId } = await (await of(keyA)).wrap(randomBytes(32), where);
      await expect(provider.unwrap({ ...wrapped, kekId }, where)).rejects.toMatchObject(failed);
      await expect(provider.unwrap({ ...wrapped, kekId: 'nobody' }, where)).rejects.toMatchObject(
        unavailable,
      );
    });

    it('says which keys and versions it has, and which one seals', async () => {
      const provider = await both(keyB, keyA);
      const versions = await provider.describe();
      const sealing = versions.filter(({ seals }) => seals);
      expect(sealing).toEqual([{ kekId: await provider.primary(), seals: true, opens: true }]);
      const references = versions
        .filter(({ opens }) => opens)
        .map(({ kekId }) => parseKekId(kekId)?.reference);
      expect(new Set(references)).toEqual(new Set([keyA, keyB]));
    });

    it('passes its own check, alone and with others', async () => {
      await (await of(keyA)).check();
      await (await both(keyB, keyA)).check();
    });

    it('does nothing after it has been closed', async () => {
      const provider = await of(keyA);
      const where = ownerKeyContext();
      const wrapped = await provider.wrap(randomBytes(32), where);
      await provider.close();
      await expect(provider.unwrap(wrapped, where)).rejects.toMatchObject(unavailable);
      await expect(provider.wrap(randomBytes(32), where)).rejects.toMatchObject(unavailable);
      await provider.close();
    });

    it('goes on through a new version of the key: the old opens, the new seals, neither under the id of the other', async () => {
      const { rotate } = under;
      const provider = await of(keyA);
      const where = ownerKeyContext();
      const key = randomBytes(32);
      const old = await provider.wrap(key, where);
      if (rotate === undefined) {
        expect(await provider.describe()).toEqual([{ kekId: keyA, seals: true, opens: true }]);
        expect((await provider.rewrap(old, where)).kekId).toBe(keyA);
        return;
      }
      const underWay = Promise.all(Array.from({ length: 16 }, () => provider.wrap(key, where)));
      await rotate(keyA);
      for (const wrapped of await underWay)
        expect((await provider.unwrap(wrapped, where)).equals(key)).toBe(true);
      const version = (parseKekId(old.kekId)?.version ?? 0) + 1;
      expect(await provider.primary()).toBe(kekIdOf(keyA, version));
      expect((await provider.unwrap(old, where)).equals(key)).toBe(true);
      const fresh = await provider.rewrap(old, where);
      expect(fresh.kekId).toBe(kekIdOf(keyA, version));
      expect((await provider.unwrap(fresh, where)).equals(key)).toBe(true);
      expect((await provider.wrap(key, where)).kekId).toBe(kekIdOf(keyA, version));
      const swapped = { kekId: old.kekId, bytes: fresh.bytes };
      await expect(provider.unwrap(swapped, where)).rejects.toMatchObject(failed);
      await expect(provider.unwrap({ ...old, kekId: fresh.kekId }, where)).rejects.toMatchObject(failed);
      const future = { ...old, kekId: kekIdOf(keyA, version + 1) };
      await expect(provider.unwrap(future, where)).rejects.toMatchObject(refused);
      expect((await provider.describe()).filter(({ opens }) => opens).map(({ kekId }) => kekId)).toEqual(
        expect.arrayContaining([old.kekId, fresh.kekId]),
      );
    });
  });
}
