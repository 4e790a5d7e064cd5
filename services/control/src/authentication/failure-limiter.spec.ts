import { describe, expect, it } from '@jest/globals';
import { FailureLimiter } from './failure-limiter.js';

const START = 1_000_000;

function failTimes(limiter: FailureLimiter, source: string, times: number, now = START): void {
  for (let i = 0; i < times; i += 1) limiter.fail(source, now);
}

describe('FailureLimiter', () => {
  it.each([
    { failures: 0, laterMs: 0, blocked: false },
    { failures: 29, laterMs: 0, blocked: false },
    { failures: 30, laterMs: 0, blocked: true },
    { failures: 30, laterMs: 100, blocked: false },
    { failures: 32, laterMs: 2000, blocked: true },
    { failures: 32, laterMs: 3001, blocked: false },
  ])('$failures failures, $laterMs ms later: blocked = $blocked', ({ failures, laterMs, blocked }) => {
    const limiter = new FailureLimiter();
    failTimes(limiter, 'a', failures);
    expect(limiter.isBlocked('a', START + laterMs)).toBe(blocked);
  });

  it('keeps sources apart', () => {
    const limiter = new FailureLimiter();
    failTimes(limiter, 'a', 30);
    expect(limiter.isBlocked('b', START)).toBe(false);
  });

  it('says when the source is heard again, and keeps the promise', () => {
    const limiter = new FailureLimiter();
    failTimes(limiter, 'a', 33);
    const seconds = limiter.retryAfter('a', START);
    expect(limiter.isBlocked('a', START + seconds * 1000)).toBe(false);
    expect(limiter.isBlocked('a', START + 2000)).toBe(true);
  });

  it('does not forgive anything when the clock steps back', () => {
    const limiter = new FailureLimiter();
    failTimes(limiter, 'a', 30);
    expect(limiter.isBlocked('a', START - 3_600_000)).toBe(true);
  });

  it('stays bounded, and forgets those that have been quiet for longest', () => {
    const limiter = new FailureLimiter();
    failTimes(limiter, 'quiet', 30);
    for (let i = 0; i < 20_000; i += 1) limiter.fail(`source-${i}`, START);
    expect(limiter.isBlocked('quiet', START)).toBe(false);
  });
});
