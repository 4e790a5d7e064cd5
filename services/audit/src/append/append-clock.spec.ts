import { AppendClock } from './append-clock.js';
import { startOfMonth } from './segment-registry.js';

describe('the append clock', () => {
  it('never goes back, whatever the system does', () => {
    const times = ['2026-11-30T23:59:59.999Z', '2026-12-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z'];
    const clock = new AppendClock(() => new Date(times.shift() ?? ''));
    expect([clock.now(), clock.now(), clock.now()].map((time) => time.toISOString())).toEqual([
      '2026-11-30T23:59:59.999Z',
      '2026-12-01T00:00:00.000Z',
      '2026-12-01T00:00:00.000Z',
    ]);
  });

  it('does not return to a month before the newest segment after a restart', () => {
    const clock = new AppendClock(() => new Date('2026-10-05T00:00:00.000Z'));
    clock.raiseTo(startOfMonth({ month: '202612' }));
    expect(clock.now().toISOString()).toBe('2026-12-01T00:00:00.000Z');
  });
});
