import { isRunning, LEASE_MS } from './lease-term.js';

describe('a lease', () => {
  it.each([
    ['runs from the start', 0, 0, true],
    ['runs to its last millisecond', LEASE_MS - 1, LEASE_MS - 1, true],
    ['ends', LEASE_MS, LEASE_MS, false],
    ['ends when the machine was suspended: the wall clock alone has gone on', 10, 3_600_000, false],
    ['ends by the monotonic clock when the wall clock was set back', LEASE_MS, -3_600_000, false],
    ['is not prolonged by a wall clock that was set back', LEASE_MS + 1, 0, false],
  ])('%s', (_name, monotonic, wall, running) => {
    expect(isRunning({ monotonic: 500, wall: 900 }, { monotonic: 500 + monotonic, wall: 900 + wall })).toBe(
      running,
    );
  });
});
