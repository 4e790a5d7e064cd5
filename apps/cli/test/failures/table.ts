import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WRITES_ITS_LOG_ONLY, type FailureCase } from './cases.js';
import type { Answer } from './load.js';
import type { CaseResult } from './run-case.js';
import { SLOW_MS } from './faults.js';
import { KIND_NAMES, type Kind } from './tools.js';
import { CALL_DEADLINE_MS, OUTCOME_WAIT_MS } from './tuning.js';
import { failuresOf } from './verdict.js';

export const TABLE_FILE = fileURLToPath(new URL('../../../../docs/failure-table.md', import.meta.url));

/** The beginning of a case's row. */
export const rowName = ({ part, fault }: Pick<FailureCase, 'part' | 'fault'>): string =>
  `| ${part} | ${fault} |`;

const HEADINGS = [
  'Part',
  'Fault',
  'Read',
  'Read with credential',
  'Write',
  'Denied call',
  'Slowest answer (s)',
  'Unrecorded',
  'Lost',
  'Twice',
  'Heals after (s)',
  'As promised',
];

export function writeTable(results: readonly CaseResult[]): void {
  const rows = results.map((result) => [result.case.part, result.case.fault, ...cells(result)]);
  writeFileSync(TABLE_FILE, [...introduction(new Date()), ...aligned([HEADINGS, ...rows]), ''].join('\n'));
}

/** As the formatter wants it: the first row is the heading. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [rows[0]!, rule, ...rows.slice(1)].map(line);
}

function cells(result: CaseResult): string[] {
  const { findings, healedMs, all } = result;
  const slowest = Math.max(...all.map(({ answeredAt, sentAt }) => answeredAt - sentAt));
  return [
    ...KIND_NAMES.map((kind) => summary(result, kind)),
    seconds(slowest),
    ...[findings.unrecorded, findings.lost, findings.twice].map((found) => String(found.length)),
    seconds(healedMs),
    failuresOf(result).length === 0 ? 'yes' : '**no**',
  ];
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

/** Of a kill there is no "during": what all calls got, before and after it too, other than what they always get. */
function summary({ case: { fault }, under, all }: CaseResult, kind: Kind): string {
  const answers = (fault === 'restarted' ? all : under).filter((answer) => answer.kind === kind);
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(wordFor(answer), (counts.get(wordFor(answer)) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ') || 'none answered yet';
}

const wordFor = ({ got }: Answer): string =>
  got.is === 'result' ? 'answered' : got.is === 'refusal' ? `\`${got.code}\`` : '**broken**';

const introduction = (date: Date): string[] => [
  '# What happens when a part fails',
  '',
  `Made by \`npm run test:long\` (\`apps/cli/test/failures/\`) on ${date.toISOString().slice(0, 10)}; do not edit. Real processes on one`,
  'machine, with seven callers at a time: reads, reads for which the vault opens a credential, writes, and calls that policy',
  `denies. A call has ${CALL_DEADLINE_MS / 1000} s here (60 s by default); a write whose outcome can not be recorded waits ${OUTCOME_WAIT_MS / 1000} s longer for it.`,
  '',
  '- **stopped**: `kill -9`, and held down. **paused**: SIGSTOP, then SIGCONT. **slow**: every byte takes',
  `  ${SLOW_MS} ms longer, each way, between the part and whoever talks to it. **restarted**: \`kill -9\`, and the supervisor brings it`,
  '  back. **disk full**: its file system has no byte left, then has again.',
  '- The counts are of calls that were sent and answered under the fault (restarted: of all around it).',
  '- **Unrecorded**: tools that ran without an intent on record before, although denied, or twice. **Lost**: answers without',
  '  intent and outcome on record. **Twice**: intents or outcomes that stand twice. All read from the event store itself; the',
  '  projection is compared with it.',
  '- **Heals after**: until each kind of call had worked again, without anybody doing anything. By then or a little later no',
  '  intent is open.',
  `- ${WRITES_ITS_LOG_ONLY.join(', ')} write nothing but their log. \`everything\`: one full disk for event store,`,
  '  PostgreSQL and all logs, and NATS restarted meanwhile, so that everybody has something to log.',
  '',
  'What an operator sees and does: [runbooks/failures.md](runbooks/failures.md).',
  '',
];
