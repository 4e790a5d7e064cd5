import { describe, expect, it } from '@jest/globals';
import { Secret } from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import { KeyHasher } from './key-hasher.js';

const KEY = Secret.of('pcl_01HZZZZZZZZZZZZZZZZZZZZZZZ_secret');

describe('KeyHasher', () => {
  it('hashes with argon2id at 19 MiB and two passes, salted, and never keeps the key', async () => {
    verifies('G4');
    const hasher = new KeyHasher();
    const [one, other] = await Promise.all([hasher.hash(KEY), hasher.hash(KEY)]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(other);
    expect(one).not.toContain('secret');
    expect(await hasher.verify(one, KEY)).toBe(true);
    expect(await hasher.verify(one, Secret.of('pcl_01HZZZZZZZZZZZZZZZZZZZZZZZ_secreT'))).toBe(false);
    expect(hasher.verifications).toBe(2);
  });

  it('lets a bounded number wait and refuses the rest at once', async () => {
    const hasher = new KeyHasher();
    const phc = await hasher.hash(KEY);
    const results = await Promise.allSettled(Array.from({ length: 70 }, () => hasher.verify(phc, KEY)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(66);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.map((result) => (result.reason as { code: string }).code)).toEqual(
      Array(4).fill('RATE_LIMITED'),
    );
    await expect(hasher.verify(phc, KEY)).resolves.toBe(true);
  });
});
