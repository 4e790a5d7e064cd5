import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { DoctorReport, ReportedFinding } from '../src/doctor/describe-findings.js';

const MAIN = join(import.meta.dirname, '../dist/main.js');
/** Of a run that hangs: a healthy one takes some seconds. */
const DEADLINE_MS = 60_000;

export interface DoctorRun {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Milliseconds. */
  tookMs: number;
}

export async function runDoctor(...args: string[]): Promise<DoctorRun> {
  const since = performance.now();
  // The test runner's own, which no installation knows.
  const { PORTCULLIS_TOTALS_FILE: _runner, ...environment } = process.env;
  const child = spawn(process.execPath, [MAIN, 'doctor', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment,
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr, tookMs: performance.now() - since };
}

export async function reportOn(dataDirectory: string): Promise<DoctorReport> {
  const { stdout, stderr } = await runDoctor('--data', dataDirectory, '--json');
  if (stdout === '') throw new Error(`doctor gave no report: ${stderr}`);
  return JSON.parse(stdout) as DoctorReport;
}

export const faultsIn = ({ findings }: DoctorReport): string[] =>
  findings
    .filter(({ status }) => status === 'fail' || status === 'warn')
    .map(({ check, status }) => `${status} ${check}`);

/** What is not looked at or explained by another fault. */
export const skippedIn = ({ findings }: DoctorReport): string[] =>
  findings.filter(({ status }) => status === 'skipped').map(({ check }) => check);

export const findingOf = ({ findings }: DoctorReport, check: string): ReportedFinding => {
  const found = findings.find((finding) => finding.check === check);
  if (found === undefined) throw new Error(`doctor said nothing of ${check}`);
  return found;
};
