import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { verifyGoldenEvents } from '@portcullis/eventing';
import { factCodec, orgOfStream, policyStream } from './facts.js';

const GOLDEN = fileURLToPath(new URL('../../test/golden', import.meta.url));

describe('stored facts', () => {
  it('of every version ever written can be read', async () => {
    expect(await verifyGoldenEvents(factCodec, GOLDEN)).toBeGreaterThanOrEqual(factCodec.storedTypes.length);
  });

  it('are read strictly: an unknown type, version or field is not skipped', () => {
    const data = { org: '01AAA000000000000000000001' };
    expect(() => factCodec.decode({ type: 'policy.Nonsense.v1', data })).toThrow();
    expect(() => factCodec.decode({ type: 'policy.MemberAdded.v2', data })).toThrow();
    expect(() => factCodec.decode({ type: 'policy.MemberAdded.v1', data })).toThrow();
  });

  it('live in a stream per organisation', () => {
    expect(orgOfStream(policyStream('01AAA000000000000000000001'))).toBe('01AAA000000000000000000001');
    for (const stream of [
      'policy-orgs',
      'policy-01AAA00000000000000000000',
      'audit-01AAA000000000000000000001',
      'policy-',
    ]) {
      expect(orgOfStream(stream)).toBeUndefined();
    }
  });
});
