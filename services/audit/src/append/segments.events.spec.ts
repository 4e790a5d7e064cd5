import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { verifyGoldenEvents } from '@portcullis/eventing';
import { segmentCodec } from './segments.events.js';

const GOLDEN = join(import.meta.dirname, '../../test/golden/segments');

describe('the registry of segments', () => {
  it('reads every version that was ever written', async () => {
    expect(await verifyGoldenEvents(segmentCodec, GOLDEN)).toBeGreaterThanOrEqual(
      segmentCodec.storedTypes.length,
    );
  });

  it('refuses what is no segment instead of skipping it: a month may not go missing', () => {
    const segment = { stream: 'audit-x', org: '01AAA000000000000000000001', class: 'calls', month: '202611' };
    for (const data of [
      { ...segment, class: 'other' },
      { ...segment, month: 'later' },
      { ...segment, more: 1 },
    ])
      expect(() => segmentCodec.decode({ type: 'audit.SegmentOpened.v1', data })).toThrow();
    expect(() => segmentCodec.decode({ type: 'audit.SegmentOpened.v2', data: segment })).toThrow();
    expect(segmentCodec.decode({ type: 'audit.SegmentOpened.v1', data: segment }).data).toEqual(segment);
  });
});
