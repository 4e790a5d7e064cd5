import { measure } from './measure.mjs';
import { completeRows, machine, table } from './report.mjs';

describe('a benchmark report', () => {
  it('fills in the ratio to the baseline, and null for what is not given', () => {
    expect(
      completeRows('x', [
        { metric: 'sign', value: 10, unit: 'µs', baseline: 4 },
        { metric: 'verify', value: 5, unit: 'µs', goal: '≤ 8' },
      ]),
    ).toEqual([
      { metric: 'sign', value: 10, unit: 'µs', baseline: 4, ratio: 2.5, goal: null },
      { metric: 'verify', value: 5, unit: 'µs', baseline: null, ratio: null, goal: '≤ 8' },
    ]);
  });

  it.each([[[]], [undefined], [[{ metric: 'x', value: NaN, unit: 's' }]], [[{ metric: 'x', value: 1 }]]])(
    'refuses rows that say nothing: %j',
    (rows) => {
      expect(() => completeRows('x', rows)).toThrow('benchmark x returned');
    },
  );

  it('lines up the table', () => {
    const lines = table(completeRows('x', [{ metric: 'sign', value: 1234.5678, unit: '/s' }])).split('\n');
    expect(lines[0]).toMatch(/^metric +value +unit/);
    expect(lines[1]).toMatch(/^sign +1,235 +\/s/);
  });

  it('names the machine', () => {
    expect(machine()).toEqual({
      cpu: expect.any(String),
      cores: expect.any(Number),
      node: process.version,
      memory: expect.stringMatching(/GiB$/),
    });
  });
});

describe('measuring', () => {
  it('counts calls, synchronous or not, over the time asked for', async () => {
    let calls = 0;
    const result = await measure(() => Promise.resolve(calls++), {
      seconds: 0.05,
      warmupSeconds: 0,
      concurrency: 2,
    });
    expect(result.count).toBeGreaterThan(2);
    expect(calls).toBeGreaterThan(result.count);
    expect(result.p99Micros).toBeGreaterThanOrEqual(result.p50Micros);
  });
});
