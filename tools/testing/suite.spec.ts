import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { killAll, leftovers, settle } from './leftovers.mjs';
import { runSuite } from './suite.mjs';
import { closingLine, isGood, sum, totalsOf } from './totals.mjs';

const runId = randomUUID();

function run(fixture: string, minutes = 1) {
  const suite = {
    name: fixture,
    match: `**/testing/fixtures/${fixture}.case.ts`,
    minutes,
    options: ['--runInBand'],
  };
  // The fixtures are kept out of ordinary runs; here they are what is run.
  const options = ['--testPathIgnorePatterns=/node_modules/'];
  return runSuite(suite, { runId, environment: {}, options, onChild: () => undefined, report: 'ignore' });
}

describe('a suite', () => {
  it('counts what passed, failed and was skipped', async () => {
    await expect(run('mixed')).resolves.toEqual({ passed: 1, failed: 1, skipped: 1 });
  });

  it('counts a file that can not be loaded as a failure', async () => {
    await expect(run('broken')).resolves.toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('counts a failure that can not be serialised', async () => {
    await expect(run('circular')).resolves.toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  it('counts nothing when nothing matches', async () => {
    await expect(run('absent')).resolves.toEqual({ passed: 0, failed: 0, skipped: 0 });
  });

  it('kills a process that a test left behind, and counts it as a failure', async () => {
    await expect(run('leaving')).resolves.toEqual({ passed: 1, failed: 1, skipped: 0 });
    // A killed process is gone once it has been reaped.
    await expect(settle(runId, 5_000)).resolves.toEqual([]);
  });

  it('is stopped when its budget is spent', async () => {
    const totals = await run('hanging', 0.001);
    expect(totals.failed).toBeGreaterThan(0);
  });
});

describe('leftovers', () => {
  it('finds the processes of one run only, by the variable in their environment', async () => {
    const [mine, other] = [randomUUID(), randomUUID()];
    const env = { ...process.env, PORTCULLIS_RUN_ID: mine };
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log(1)'], { env });
    const gone = new Promise((resolve) => child.on('exit', resolve));
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      expect(leftovers(mine).map(({ pid }) => pid)).toEqual([child.pid]);
      expect(leftovers(other)).toEqual([]);
    } finally {
      killAll(leftovers(mine));
      await gone;
    }
    expect(leftovers(mine)).toEqual([]);
  });
});

describe('totals', () => {
  const results = {
    numPassedTests: 3,
    numFailedTests: 1,
    numRuntimeErrorTestSuites: 1,
    numPendingTests: 2,
    numTodoTests: 1,
  };
  const clean = { ...results, numFailedTests: 0, numRuntimeErrorTestSuites: 0 };

  it('adds files that did not load to the failures', () => {
    expect(totalsOf(results, 1)).toEqual({ passed: 3, failed: 2, skipped: 3 });
  });

  it('takes a run without results as a failure', () => {
    expect(totalsOf(undefined, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('takes a bad exit without a failed test as a failure', () => {
    expect(totalsOf(clean, 1).failed).toBe(1);
    expect(totalsOf(clean, null).failed).toBe(1);
    expect(totalsOf(clean, 0).failed).toBe(0);
  });

  it('closes with the sum', () => {
    expect(closingLine(sum([totalsOf(results, 1), totalsOf(clean, 0)]))).toBe('6 passed, 2 failed');
  });

  it('is not good without a single pass', () => {
    expect(isGood({ passed: 0, failed: 0 })).toBe(false);
    expect(isGood({ passed: 1, failed: 1 })).toBe(false);
    expect(isGood({ passed: 1, failed: 0 })).toBe(true);
  });
});
