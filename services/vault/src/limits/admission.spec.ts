import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { decideAdmission, fullBucket, isIdle, LOCK_MS, type Bucket } from './admission.js';
import { OpenLimits } from './open-limits.js';

const limit = { perSecond: 10, burst: 20 };
const T0 = 1_800_000_000_000;

function ask(bucket: Bucket, times: number, now: number) {
  const verdicts: string[] = [];
  const alarms: string[] = [];
  for (let i = 0; i < times; i += 1) {
    const admission = decideAdmission(bucket, limit, now);
    bucket = admission.bucket;
    verdicts.push(admission.verdict);
    if (admission.alarm) alarms.push(admission.alarm);
  }
  return { bucket, verdicts, alarms };
}

const count = (verdicts: string[], wanted: string) => verdicts.filter((it) => it === wanted).length;

describe('rate limit on opening', () => {
  verifies('B2');

  it('admits a burst, then refuses with one alarm, then locks with one more', () => {
    const { verdicts, alarms, bucket } = ask(fullBucket(limit, T0), 100, T0);
    expect(count(verdicts, 'admitted')).toBe(20);
    expect(count(verdicts, 'limited')).toBe(20);
    expect(count(verdicts, 'locked')).toBe(60);
    expect(alarms).toEqual(['limited', 'locked']);
    expect(bucket.lockedUntil).toBe(T0 + LOCK_MS);
  });

  it('stays locked however long the tokens have been refilled, and opens again after the lock', () => {
    const { bucket } = ask(fullBucket(limit, T0), 100, T0);
    expect(decideAdmission(bucket, limit, T0 + LOCK_MS - 1)).toMatchObject({
      verdict: 'locked',
      retryAfterMs: 1,
    });
    const after = ask(bucket, 21, T0 + LOCK_MS);
    expect(count(after.verdicts, 'admitted')).toBe(20);
    expect(after.alarms).toEqual(['limited']);
  });

  it('gives tokens back at the sustained rate', () => {
    const { bucket } = ask(fullBucket(limit, T0), 20, T0);
    expect(count(ask(bucket, 10, T0 + 500).verdicts, 'admitted')).toBe(5);
  });

  it('never admits more than burst plus rate times elapsed, however the requests are spread', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 400 }), { maxLength: 300 }), (steps) => {
        let now = T0;
        let latest = T0;
        let bucket = fullBucket(limit, T0);
        let admitted = 0;
        for (const step of steps) {
          now += step;
          latest = Math.max(latest, now);
          const admission = decideAdmission(bucket, limit, now);
          bucket = admission.bucket;
          if (admission.verdict === 'admitted') admitted += 1;
        }
        expect(admitted).toBeLessThanOrEqual(limit.burst + ((latest - T0) / 1000) * limit.perSecond + 1e-6);
      }),
    );
  });

  it('forgets only what makes no difference', () => {
    const used = ask(fullBucket(limit, T0), 5, T0).bucket;
    expect(isIdle(used, limit, T0)).toBe(false);
    expect(isIdle(used, limit, T0 + 500)).toBe(true);
    const locked = ask(fullBucket(limit, T0), 100, T0).bucket;
    expect(isIdle(locked, limit, T0 + LOCK_MS - 1)).toBe(false);
    expect(isIdle(locked, limit, T0 + LOCK_MS)).toBe(true);
  });
});

describe('OpenLimits', () => {
  const rates = {
    organisation: { perSecond: 100, burst: 100 },
    server: { perSecond: 5, burst: 5 },
    user: { perSecond: 3, burst: 3 },
  };
  const party = (server: string, user: string) => [
    { scope: 'organisation' as const, id: 'O' },
    { scope: 'server' as const, id: server },
    { scope: 'user' as const, id: user },
  ];

  it('names the party that is over its limit and leaves the others alone', () => {
    const limits = new OpenLimits(rates);
    for (let i = 0; i < 3; i += 1)
      expect(limits.admit({ org: 'O', parties: party('S', 'A') }, T0)).toBeNull();
    expect(limits.admit({ org: 'O', parties: party('S', 'A') }, T0)).toMatchObject({
      scope: 'user',
      id: 'A',
      alarm: 'limited',
    });
    // A's refusals took nothing from the server's bucket: two of five are left for B.
    expect(limits.admit({ org: 'O', parties: party('S', 'B') }, T0)).toBeNull();
    expect(limits.admit({ org: 'O', parties: party('S', 'B') }, T0)).toBeNull();
    expect(limits.admit({ org: 'O', parties: party('S', 'B') }, T0)).toMatchObject({
      scope: 'server',
      id: 'S',
    });
    expect(limits.admit({ org: 'O', parties: party('S2', 'B') }, T0)).toBeNull();
  });

  it('keeps organisations apart even where ids are equal', () => {
    const limits = new OpenLimits(rates);
    for (let i = 0; i < 4; i += 1) limits.admit({ org: 'O', parties: party('S', 'A') }, T0);
    expect(limits.admit({ org: 'O', parties: party('S', 'A') }, T0)).not.toBeNull();
    expect(limits.admit({ org: 'P', parties: party('S', 'A') }, T0)).toBeNull();
  });
});
