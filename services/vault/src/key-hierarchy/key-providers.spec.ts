import { randomBytes } from 'node:crypto';
import { Secret } from '@portcullis/contracts';
import { LocalKeyProvider } from '../adapters/local.key-provider.js';
import { ownerKeyContext } from '../ports/key-provider.contract.js';
import { KeyVersionsInMemory } from '../ports/key-versions.fixture.js';
import { KeyProviders } from './key-providers.js';
import { tryKey } from './try-key.js';

const local = (id: string) => new LocalKeyProvider(id, Secret.of(randomBytes(48)), new KeyVersionsInMemory());

describe('several key-encryption keys', () => {
  it('are told apart by their ids, and two of one id are refused', () => {
    expect(() => new KeyProviders(local('local-1'), local('local-1'))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  it('name the key that is missing', async () => {
    const providers = new KeyProviders(local('local-1'));
    const wrapped = { kekId: 'vault:gone:v3', bytes: randomBytes(92) };
    for (const use of [providers.unwrap.bind(providers), providers.rewrap.bind(providers)]) {
      await expect(use(wrapped, ownerKeyContext())).rejects.toMatchObject({
        code: 'KEY_UNAVAILABLE',
        details: { kekId: 'vault:gone:v3', reason: 'not_configured' },
      });
    }
  });

  it('wipe the owner key that moves from one to the other, also when the other fails', async () => {
    const [from, to] = [local('local-1'), local('local-2')];
    const where = ownerKeyContext();
    const wrapped = await from.wrap(randomBytes(32), where);
    const seen: Buffer[] = [];
    const watched = Object.assign(Object.create(from) as LocalKeyProvider, {
      unwrap: async (...args: Parameters<LocalKeyProvider['unwrap']>) => {
        const key = await from.unwrap(...args);
        seen.push(key);
        return key;
      },
    });
    const providers = new KeyProviders(to, watched);
    await providers.rewrap(wrapped, where);
    await to.close();
    await expect(providers.rewrap(wrapped, where)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    expect(seen).toHaveLength(2);
    for (const key of seen) expect(key.every((byte) => byte === 0)).toBe(true);
  });

  it('fail their check when the one that seals or one that opens is gone', async () => {
    for (const gone of [0, 1]) {
      const pair = [local('local-1'), local('local-2')] as const;
      const providers = new KeyProviders(...pair);
      await providers.check();
      await pair[gone]?.close();
      await expect(providers.check()).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    }
  });

  it('are unusable when what was sealed opens as something else', async () => {
    const lying = {
      reference: 'local-1',
      wrap: async () => ({ kekId: 'local-1', bytes: Buffer.alloc(0) }),
      unwrap: async () => randomBytes(32),
    };
    await expect(tryKey(lying)).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      details: { key: 'local-1', reason: 'corrupt' },
    });
  });
});
