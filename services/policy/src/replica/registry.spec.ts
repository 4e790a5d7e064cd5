import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { verifyGoldenEvents } from '@portcullis/eventing';
import { registryCodec } from './registry.js';

const GOLDEN = fileURLToPath(new URL('../../test/golden/registry', import.meta.url));

describe('the registry of organisations', () => {
  it('reads every version that was ever written', async () => {
    expect(await verifyGoldenEvents(registryCodec, GOLDEN)).toBeGreaterThanOrEqual(
      registryCodec.storedTypes.length,
    );
  });
});
