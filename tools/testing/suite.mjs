import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../workspace.mjs';
import { jestCommand } from './jest-command.mjs';
import { killAll, RUN_VARIABLE, settle } from './leftovers.mjs';
import { TOTALS_FILE_VARIABLE } from './totals-reporter.mjs';
import { totalsOf } from './totals.mjs';

const REPORTER = join(root, 'tools', 'testing', 'totals-reporter.mjs');

const LEFTOVER_GRACE_MS = 5_000;
/** How long Jest may take to exit once its results are written; longer means a handle was left open. */
const EXIT_GRACE_MS = 20_000;

/**
 * Runs one suite of the workspace in its own process group and within its budget.
 * @param {{name: string, match: string, minutes: number, options: string[]}} suite
 * @param {{runId: string, environment: object, options: string[], onChild: (child) => void, report?: 'ignore'}} run
 *   `report: 'ignore'` drops Jest's own output
 * @returns totals; everything that went wrong around the tests is counted as a failure and printed
 */
export async function runSuite(suite, run) {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-test-'));
  const output = join(folder, 'totals.json');
  try {
    const options = [
      `--testMatch=${suite.match}`,
      '--passWithNoTests',
      '--reporters=default',
      `--reporters=${REPORTER}`,
    ];
    const command = jestCommand([...options, ...suite.options, ...run.options], {
      ...run.environment,
      [RUN_VARIABLE]: run.runId,
      [TOTALS_FILE_VARIABLE]: output,
    });
    // Standard output is for the totals; Jest writes its report to standard error.
    const child = spawn(command.file, command.args, {
      cwd: root,
      env: command.env,
      stdio: ['ignore', run.report ?? 2, run.report ?? 2],
      detached: true,
    });
    run.onChild(child);
    const { code, problem } = await ended(child, { output, minutes: suite.minutes });
    const totals = totalsOf(readJson(output), code);
    const problems = [...(problem ? [problem] : []), ...(await leftBehind(run.runId))];
    for (const it of problems) process.stderr.write(`${suite.name}: ${it}\n`);
    return { ...totals, failed: totals.failed + problems.length };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Kills what the run left behind and says so; nothing to say when nothing was. */
async function leftBehind(runId) {
  const left = await settle(runId, LEFTOVER_GRACE_MS);
  killAll(left);
  const names = left.map(({ pid, command }) => `${pid} (${command})`).join(', ');
  return left.length > 0 ? [`left processes behind: ${names}`] : [];
}

/** Waits for Jest; stops its whole group when the budget is spent or it does not exit after its results. */
function ended(child, { output, minutes }) {
  return new Promise((resolve) => {
    let problem;
    let writtenAt;
    const deadline = Date.now() + minutes * 60_000;
    const watch = setInterval(() => {
      writtenAt ??= existsSync(output) ? Date.now() : undefined;
      if (Date.now() > deadline) problem = `not done after its budget of ${minutes} min`;
      else if (writtenAt && Date.now() > writtenAt + EXIT_GRACE_MS)
        problem = 'did not exit: a test left something open';
      if (problem) stopGroup(child);
    }, 500);
    const finish = (code) => {
      clearInterval(watch);
      resolve({ code, problem });
    };
    child.on('exit', finish);
    child.on('error', (error) => {
      problem = `Jest could not be run: ${error.message}`;
      finish(1);
    });
  });
}

export function stopGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}
