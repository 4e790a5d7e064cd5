// npm test [-- jest options]: setup, then every suite of the workspace, one after the other.
// The last line is `N passed, N failed` over all suites; the exit code is 0 only if something passed and nothing failed.
import { randomUUID } from 'node:crypto';
import { setupOrExit } from './setup.mjs';
import { killAll, leftovers } from './testing/leftovers.mjs';
import { runSuite, stopGroup } from './testing/suite.mjs';
import { closingLine, isGood, sum } from './testing/totals.mjs';

const SUITES = [
  { name: 'unit', match: '**/*.spec.ts', minutes: 7, options: ['--maxWorkers=2'] },
  // One at a time: each starts its own servers.
  { name: 'e2e', match: '**/*.e2e.ts', minutes: 14, options: ['--maxWorkers=2'] },
];
const LONG = { name: 'long', match: '**/*.long.ts', minutes: 60, options: ['--runInBand'] };

const args = process.argv.slice(2);
const options = args.filter((arg) => arg !== '--long');
const suites = args.includes('--long') ? [...SUITES, LONG] : SUITES;

const { natsServer } = setupOrExit();
const runId = randomUUID();
let running;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (running) stopGroup(running);
    killAll(leftovers(runId));
    process.exit(130);
  });
}

const totals = [];
const lines = [];
for (const suite of suites) {
  process.stderr.write(`\n== ${suite.name} (budget ${suite.minutes} min)\n`);
  const started = Date.now();
  const total = await runSuite(suite, {
    runId,
    options,
    environment: { NATS_SERVER_BIN: natsServer },
    onChild: (child) => (running = child),
  });
  const seconds = Math.round((Date.now() - started) / 1000);
  totals.push(total);
  lines.push(`${suite.name}: ${closingLine(total)}, ${total.skipped} skipped, ${seconds} s`);
}

const all = sum(totals);
if (all.passed + all.failed === 0) process.stderr.write('no test was run\n');
process.stdout.write(`\n${lines.join('\n')}\n${closingLine(all)}\n`);
process.exitCode = isGood(all) ? 0 : 1;
