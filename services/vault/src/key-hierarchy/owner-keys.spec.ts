import { randomBytes } from 'node:crypto';
import { AppError, newId } from '@portcullis/contracts';
import type { OwnerKeyContext, WrappedOwnerKey } from '../ports/key-provider.js';
import type { TenantTransactions } from '../storage/tenant-transactions.js';
import type { OrganisationKeys } from './organisation-keys.js';
import { CACHE_MS } from './owner-key-cache.js';
import { OwnerKeys, type StoredOwnerKey } from './owner-keys.js';

/** A provider that counts, and answers when it is told to. */
class SlowProvider implements Pick<OrganisationKeys, 'primaryOf' | 'wrap' | 'unwrap'> {
  readonly key = randomBytes(32);
  unwraps = 0;
  failing = false;
  release: () => void = () => undefined;
  private gate = Promise.resolve();

  hold(): void {
    this.gate = new Promise((resolve) => (this.release = resolve));
  }

  async primaryOf(): Promise<string> {
    return 'slow';
  }

  async wrap(): Promise<WrappedOwnerKey> {
    throw new Error('not wanted here');
  }

  async unwrap(_wrapped: WrappedOwnerKey, _context: OwnerKeyContext): Promise<Buffer> {
    this.unwraps += 1;
    await this.gate;
    if (this.failing) throw new AppError('KEY_UNAVAILABLE', 'The key is disabled.');
    return Buffer.from(this.key);
  }
}

const stored = (): StoredOwnerKey => ({
  org: newId(),
  ownerKind: 'user',
  owner: newId(),
  keyId: newId(),
  version: 1,
  kekId: 'slow',
  wrapped: Buffer.alloc(92),
});

describe('owner keys', () => {
  const make = () => {
    const provider = new SlowProvider();
    return { provider, keys: new OwnerKeys(provider, {} as TenantTransactions, () => new Date()) };
  };
  const copy = (key: Buffer) => Buffer.from(key);

  it('ask the provider once, however many wait for the same key', async () => {
    const { provider, keys } = make();
    const key = stored();
    provider.hold();
    const uses = Array.from({ length: 50 }, () => keys.use(key, copy));
    provider.release();
    for (const used of await Promise.all(uses)) expect(used.equals(provider.key)).toBe(true);
    expect(provider.unwraps).toBe(1);
    keys.close();
  });

  it('ask again after a failure, and never answer from one', async () => {
    const { provider, keys } = make();
    const key = stored();
    provider.failing = true;
    await expect(keys.use(key, copy)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    provider.failing = false;
    expect((await keys.use(key, copy)).equals(provider.key)).toBe(true);
    expect(provider.unwraps).toBe(2);
    keys.close();
  });

  it.each([
    ['owner', { owner: newId() }],
    ['kind of owner', { ownerKind: 'organisation' as const }],
    ['organisation', { org: newId() }],
    ['version', { version: 2 }],
    ['wrapping key', { kekId: 'other' }],
  ])('lend a cached key to nobody with another %s', async (_what, changes) => {
    const { provider, keys } = make();
    const key = stored();
    await keys.use(key, copy);
    await keys.use({ ...key, ...changes }, copy);
    expect(provider.unwraps).toBe(2);
    keys.close();
  });

  it('of a changed organisation are wiped and asked for again, and no others', async () => {
    const { provider, keys } = make();
    const [changed, other] = [stored(), stored()];
    let live: Buffer = Buffer.alloc(0);
    await keys.use(changed, (key) => void (live = key));
    await keys.use(other, copy);
    keys.forgetChanged([changed.org]);
    expect(live.every((byte) => byte === 0)).toBe(true);
    await keys.use(other, copy);
    expect(provider.unwraps).toBe(2);
    await keys.use(changed, copy);
    expect(provider.unwraps).toBe(3);
    keys.forgetChanged(null);
    await keys.use(changed, copy);
    await keys.use(other, copy);
    expect(provider.unwraps).toBe(5);
    keys.close();
  });

  it('that were on their way when their organisation changed are asked for once more', async () => {
    const { provider, keys } = make();
    const key = stored();
    provider.hold();
    const used = keys.use(key, copy);
    keys.forgetChanged([newId()]);
    expect(provider.unwraps).toBe(1);
    keys.forgetChanged([key.org]);
    provider.release();
    expect((await used).equals(provider.key)).toBe(true);
    expect(provider.unwraps).toBe(2);
    keys.close();
  });

  it('are held for a minute from when they were asked for, however late they came', async () => {
    let now = 0;
    const provider = new SlowProvider();
    const keys = new OwnerKeys(
      provider,
      {} as TenantTransactions,
      () => new Date(),
      () => now,
    );
    const key = stored();
    provider.hold();
    const used = keys.use(key, copy);
    now = 2_000;
    provider.release();
    await used;
    now = CACHE_MS - 1;
    await keys.use(key, copy);
    expect(provider.unwraps).toBe(1);
    provider.failing = true;
    now = CACHE_MS;
    await expect(keys.use(key, copy)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    keys.close();
  });

  it('wipe the key when they are closed', async () => {
    const { keys } = make();
    let live: Buffer = Buffer.alloc(0);
    await keys.use(stored(), (key) => void (live = key));
    expect(live.some((byte) => byte !== 0)).toBe(true);
    keys.close();
    expect(live.every((byte) => byte === 0)).toBe(true);
  });
});
