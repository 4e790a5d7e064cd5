import { randomBytes } from 'node:crypto';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../../tools/verifies.js';
import { CACHE_MS, OwnerKeyCache } from './owner-key-cache.js';

describe('cache of unwrapped owner keys', () => {
  verifies('P5');
  let now = 0;
  const cache = new OwnerKeyCache(() => now);
  beforeEach(() => {
    now = 1000;
  });
  afterEach(() => cache.clear());
  const lent = (id: string) => cache.lend(id, (key) => Buffer.from(key))?.result;

  it('lends a key for a minute from its unwrapping, however often it is used', () => {
    const key = randomBytes(32);
    cache.put('a', Buffer.from(key));
    for (let i = 0; i < 5; i += 1) {
      expect(lent('a')).toEqual(key);
      now += CACHE_MS / 5 - 1;
    }
    expect(lent('a')).toEqual(key);
    now = 1000 + CACHE_MS;
    expect(lent('a')).toBeUndefined();
  });

  it('wipes what leaves it: expired, replaced, cleared', () => {
    const [expired, replaced, cleared] = [randomBytes(32), randomBytes(32), randomBytes(32)];
    const isWiped = (key: Buffer) => key.every((byte) => byte === 0);
    cache.put('expired', expired);
    now += CACHE_MS;
    expect(lent('expired')).toBeUndefined();
    cache.put('replaced', replaced);
    cache.put('replaced', randomBytes(32));
    cache.put('cleared', cleared);
    expect(isWiped(cleared)).toBe(false);
    cache.clear();
    expect([expired, replaced, cleared].map(isWiped)).toEqual([true, true, true]);
  });

  it('wipes an expired key even if nobody asks for it again', async () => {
    const key = randomBytes(32);
    const own = new OwnerKeyCache(() => performance.now() * 1000);
    own.put('a', key);
    await eventually(() => expect(key.every((byte) => byte === 0)).toBe(true));
  });

  it('takes a clock that went back for the end of a key', () => {
    cache.put('a', randomBytes(32));
    now -= 1;
    expect(lent('a')).toBeUndefined();
  });
});
