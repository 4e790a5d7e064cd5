import { fail, skipped, type Finding } from './finding.js';

export interface Check {
  /** Short name, unique: the first column of the report. */
  id: string;
  /** Checks without whose success this one can't be made. */
  needs?: readonly string[];
  /** Milliseconds; default {@link DEFAULT_DEADLINE_MS}. */
  deadlineMs?: number;
  /** Gathers and judges. MUST NOT change anything. Its signal is aborted at the deadline. */
  run: (signal: AbortSignal) => Promise<Finding[]> | Finding[];
}

export interface CheckResult {
  check: string;
  findings: Finding[];
}

/** Longer than anything of a check waits by itself, also on a busy machine: what reaches it hangs. */
const DEFAULT_DEADLINE_MS = 15_000;

/**
 * Makes all checks at once, each as soon as what it needs has succeeded and within its own deadline, so nothing that
 * hangs can keep the others or the caller. Results are in the order of the checks.
 */
export async function runChecks(checks: readonly Check[]): Promise<CheckResult[]> {
  const results = new Map<string, Promise<CheckResult>>();
  for (const check of checks) {
    const needed = (check.needs ?? []).map((id) => {
      const result = results.get(id);
      if (result === undefined) throw new Error(`${check.id} needs ${id}, which is not made before it`);
      return result;
    });
    results.set(check.id, runAfter(check, needed));
  }
  return withoutConsequences(await Promise.all(results.values()));
}

async function runAfter(check: Check, needed: Promise<CheckResult>[]): Promise<CheckResult> {
  const missing = (await Promise.all(needed)).find((result) => !succeeded(result));
  const findings = missing === undefined ? await inTime(check) : [skipped(`because of ${missing.check}`)];
  return { check: check.id, findings };
}

const succeeded = ({ findings }: CheckResult): boolean =>
  findings.every(({ status }) => status !== 'fail' && status !== 'skipped');

async function inTime({ id, run, deadlineMs = DEFAULT_DEADLINE_MS }: Check): Promise<Finding[]> {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding[]>((resolve) => {
    timer = setTimeout(() => {
      ending.abort(new Error('the deadline has passed'));
      resolve([
        fail(`there was no result within ${deadlineMs} ms`, 'see what else is reported, and try again'),
      ]);
    }, deadlineMs);
  });
  // The thrown text is not shown: it may quote what was being read.
  const work = Promise.resolve()
    .then(() => run(ending.signal))
    .catch((error: unknown) => [
      fail(
        `the check itself failed (${error instanceof Error ? error.name : 'unknown'})`,
        `report this as a bug of doctor, check ${id}`,
      ),
    ]);
  const findings = await Promise.race([work, late]);
  clearTimeout(timer);
  return findings;
}

/** A fault that follows from others is shown as that, so that what is left over is what has to be mended. */
export function withoutConsequences(results: readonly CheckResult[]): CheckResult[] {
  const failed = new Set(
    results
      .filter(({ findings }) => findings.some(({ status }) => status === 'fail'))
      .map(({ check }) => check),
  );
  return results.map(({ check, findings }) => ({
    check,
    findings: findings.map((finding) => explained(finding, failed, check)),
  }));
}

function explained(finding: Finding, failed: ReadonlySet<string>, check: string): Finding {
  const { status, causes = [], reason } = finding;
  if ((status !== 'fail' && status !== 'warn') || causes.length === 0) return finding;
  const found = causes.map((group) => group.find((id) => id !== check && failed.has(id)));
  if (found.includes(undefined)) return finding;
  return skipped(`${reason}; this follows from ${[...new Set(found)].join(' and ')}`);
}
