import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Secret } from '@portcullis/contracts';
import { VerifiedKeys } from './verified-keys.js';

const KEY = Secret.of('pcl_01_a-very-secret-key');
const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA';

describe('VerifiedKeys', () => {
  it('knows a key only with the very hash it matched, so a regenerated key is judged anew', () => {
    const keys = new VerifiedKeys();
    expect(keys.isKnown(KEY, HASH)).toBe(false);
    keys.remember(KEY, HASH);
    expect(keys.isKnown(KEY, HASH)).toBe(true);
    expect(keys.isKnown(KEY, `${HASH}x`)).toBe(false);
    expect(keys.isKnown(Secret.of('pcl_01_a-very-secret-kez'), HASH)).toBe(false);
  });

  it('holds no presented key, and two processes tag the same key differently', () => {
    const [one, other] = [new VerifiedKeys(), new VerifiedKeys()];
    one.remember(KEY, HASH);
    other.remember(KEY, HASH);
    const [seen, seenByOther] = [one, other].map((keys) => inspect(keys, { depth: 5, showHidden: true }));
    expect(seen).not.toContain('a-very-secret-key');
    expect(seen).not.toBe(seenByOther);
  });

  it('stays bounded', () => {
    const keys = new VerifiedKeys();
    keys.remember(KEY, HASH);
    for (let i = 0; i < 10_000; i += 1) keys.remember(Secret.of(`key-${i}`), HASH);
    expect(keys.isKnown(KEY, HASH)).toBe(false);
    expect(keys.isKnown(Secret.of('key-9999'), HASH)).toBe(true);
  });
});
