import { createHmac, randomBytes } from 'node:crypto';
import { Secret } from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import { keyProviderContract, ownerKeyContext } from '../ports/key-provider.contract.js';
import type { OwnerKeyContext } from '../ports/key-provider.js';
import { KeyVersionsInMemory } from '../ports/key-versions.fixture.js';
import { LocalKeyProvider } from './local.key-provider.js';

const register = new KeyVersionsInMemory();
const roots = new Map(['kek-a', 'kek-b'].map((id) => [id, randomBytes(48)]));

describe('local key provider', () => {
  verifies('H3', 'G1');
  keyProviderContract('local', async () => ({
    keys: ['kek-a', 'kek-b'],
    create: async (id) =>
      new LocalKeyProvider(id, Secret.of(Buffer.from(roots.get(id) ?? randomBytes(48))), register),
    rotate: (id) => register.rotate(id),
  }));

  const context = (): OwnerKeyContext => ({ ...ownerKeyContext(), ownerKind: 'organisation' });

  it('derives unrelated keys for two ids from one root secret', async () => {
    const root = randomBytes(48);
    const where = context();
    const one = new LocalKeyProvider('local-1', Secret.of(root), new KeyVersionsInMemory());
    const two = new LocalKeyProvider('local-2', Secret.of(root), new KeyVersionsInMemory());
    const wrapped = await one.wrap(randomBytes(32), where);
    await expect(two.unwrap({ ...wrapped, kekId: 'local-2' }, where)).rejects.toMatchObject({
      code: 'DECRYPTION_FAILED',
    });
  });

  it('does not open with the right id over another root secret', async () => {
    const where = context();
    const one = new LocalKeyProvider('local-1', Secret.of(randomBytes(48)), new KeyVersionsInMemory());
    const two = new LocalKeyProvider('local-1', Secret.of(randomBytes(48)), new KeyVersionsInMemory());
    const wrapped = await one.wrap(randomBytes(32), where);
    await expect(two.unwrap(wrapped, where)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
  });

  it('outlives the root secret, which may be wiped, and ends with close()', async () => {
    const rootSecret = Secret.of(randomBytes(48));
    const provider = new LocalKeyProvider('local-1', rootSecret, new KeyVersionsInMemory());
    rootSecret.wipe();
    const where = context();
    const wrapped = await provider.wrap(randomBytes(32), where);
    expect((await provider.unwrap(wrapped, where)).byteLength).toBe(32);
    await provider.close();
    await expect(provider.unwrap(wrapped, where)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
  });

  it('opens with no version that has been retired, nor with one that nobody has made', async () => {
    const own = new KeyVersionsInMemory();
    const provider = new LocalKeyProvider('local-1', Secret.of(randomBytes(48)), own);
    const where = context();
    const first = await provider.wrap(randomBytes(32), where);
    await own.rotate('local-1');
    const second = await provider.rewrap(first, where);
    own.versions.set('local-1', { oldest: 2, newest: 2 });
    await expect(provider.unwrap(first, where)).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      details: { kekId: 'local-1', reason: 'retired' },
    });
    expect((await provider.unwrap(second, where)).byteLength).toBe(32);
    const future = { ...second, kekId: 'local-1:v3' };
    await expect(provider.unwrap(future, where)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    expect(await provider.describe()).toEqual([{ kekId: 'local-1:v2', seals: true, opens: true }]);
  });

  it('wipes the owner key that it rewraps, also when wrapping fails', async () => {
    const provider = new LocalKeyProvider('local-1', Secret.of(randomBytes(48)), new KeyVersionsInMemory());
    const where = context();
    const wrapped = await provider.wrap(randomBytes(32), where);
    const seen: Buffer[] = [];
    const unwrap = provider.unwrap.bind(provider);
    provider.unwrap = async (...args) => {
      const opened = await unwrap(...args);
      seen.push(opened);
      return opened;
    };
    await provider.rewrap(wrapped, where);
    provider.wrap = () => Promise.reject(new Error('not now'));
    await expect(provider.rewrap(wrapped, where)).rejects.toThrow('not now');
    expect(seen).toHaveLength(2);
    for (const opened of seen) expect(opened.every((byte) => byte === 0)).toBe(true);
  });

  it('is the published derivation: HKDF-SHA256(root, no salt, "portcullis/v1/kek" ‖ LP(id))', async () => {
    // RFC 5869 written out, so that a change of the derivation can't hide behind the library it uses.
    const root = Buffer.alloc(32, 7);
    const id = Buffer.from('local-1');
    const prk = createHmac('sha256', Buffer.alloc(32)).update(root).digest();
    const info = Buffer.concat([Buffer.from('portcullis/v1/kek'), Buffer.from([0, 0, 0, id.length]), id]);
    const expected = createHmac('sha256', prk)
      .update(info)
      .update(Buffer.from([1]))
      .digest();
    const { deriveLocalKek } = await import('@portcullis/contracts');
    expect(deriveLocalKek(Secret.of(root), 'local-1').equals(expected)).toBe(true);
  });
});
