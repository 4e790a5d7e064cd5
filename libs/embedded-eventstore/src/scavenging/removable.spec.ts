import { TOMBSTONE_REVISION } from '../storage/schema.js';
import type { StreamRecord } from '../storage/stream-record.js';
import { isRemovable } from './removable.js';

const NOW = 1_000_000;
const POINT = { position: 100, nowMs: NOW };
const LAST = 9;

const stream = (overrides: Partial<StreamRecord> = {}): StreamRecord => ({
  id: 1,
  name: 's',
  lastRevision: LAST,
  tombstoned: false,
  softDeleted: false,
  truncateBefore: 0,
  maxCount: undefined,
  maxAgeSeconds: undefined,
  ...overrides,
});
const deleted = stream({ softDeleted: true, truncateBefore: Number.MAX_SAFE_INTEGER });
const aged = stream({ maxAgeSeconds: 10 });

describe('isRemovable', () => {
  it.each([
    ['what nothing hides', stream(), { revision: 0 }, false],
    ['what is before $tb', stream({ truncateBefore: 5 }), { revision: 4 }, true],
    ['what is at $tb', stream({ truncateBefore: 5 }), { revision: 5 }, false],
    ['what $maxCount leaves', stream({ maxCount: 3 }), { revision: 7 }, false],
    ['what is over $maxCount', stream({ maxCount: 3 }), { revision: 6 }, true],
    ['what is as old as $maxAge', aged, { createdMs: NOW - 10_000 }, false],
    ['what is older than $maxAge', aged, { createdMs: NOW - 10_001 }, true],
    ['what was deleted', deleted, { revision: 8 }, true],
    ['the last event that was deleted', deleted, { revision: LAST }, false],
    ['the last event that has expired', aged, { revision: LAST, createdMs: 0 }, false],
    ['the last event before a $tb ahead', stream({ truncateBefore: 50 }), { revision: LAST }, false],
    ['what is at the point', deleted, { revision: 1, position: 100 }, false],
    ['what is after the point', deleted, { revision: 1, position: 101 }, false],
    ['the last event of a tombstoned stream', stream({ tombstoned: true }), { revision: LAST }, true],
    ['a tombstone', stream({ tombstoned: true }), { revision: TOMBSTONE_REVISION }, false],
    ['old metadata', stream({ name: '$$s' }), { revision: 8 }, true],
    ['the newest metadata', stream({ name: '$$s' }), { revision: LAST }, false],
  ])('%s', (_, owner, event, wanted) => {
    const candidate = { position: 1, revision: 3, createdMs: NOW, ...event };
    expect(isRemovable({ stream: owner, ofTombstoned: false }, candidate, POINT)).toBe(wanted);
  });

  it('takes all metadata of a tombstoned stream', () => {
    const event = { position: 1, revision: LAST, createdMs: NOW };
    expect(isRemovable({ stream: stream({ name: '$$s' }), ofTombstoned: true }, event, POINT)).toBe(true);
  });
});
