import type { Finding, Status } from './finding.js';
import type { CheckResult } from './run-checks.js';

export interface ReportedFinding extends Omit<Finding, 'causes'> {
  check: string;
}

/** What `--json` prints, as one line. */
export interface DoctorReport {
  /** No check has failed. */
  ok: boolean;
  findings: ReportedFinding[];
}

export function reportOf(results: readonly CheckResult[]): DoctorReport {
  const findings = results.flatMap(({ check, findings }) =>
    findings.map(({ causes: _causes, ...finding }) => ({ check, ...finding })),
  );
  return { ok: findings.every(({ status }) => status !== 'fail'), findings };
}

const WIDEST_STATUS = 'skipped'.length;

/** A line per finding; below it how to mend it. */
export function describeForPeople({ findings }: DoctorReport): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const indent = ' '.repeat(WIDEST_STATUS + width + 4);
  const lines = findings.flatMap(({ check, status, reason, mend }) => [
    `${status.padEnd(WIDEST_STATUS)}  ${check.padEnd(width)}  ${reason}`,
    ...(mend === undefined ? [] : [`${indent}→ ${mend}`]),
  ]);
  return `${lines.join('\n')}\n\n${summary(findings)}\n`;
}

function summary(findings: readonly ReportedFinding[]): string {
  const count = (status: Status): number => findings.filter((finding) => finding.status === status).length;
  const parts = [
    `${count('ok')} ok`,
    `${count('info')} for information`,
    `${count('skipped')} skipped`,
    `${count('warn')} warnings`,
    `${count('fail')} failures`,
  ];
  return `${parts.join(', ')}.`;
}
