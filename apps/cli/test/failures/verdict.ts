import type { Answer } from './load.js';
import { works, type CaseResult } from './run-case.js';
import { KIND_NAMES } from './tools.js';
import { CALL_DEADLINE_MS, OUTCOME_WAIT_MS } from './tuning.js';

/** A busy machine's timers are late. */
const SLACK_MS = 1_500;

/** How long a call may take in all, milliseconds: only a write waits for its outcome. */
export const limitMs = ({ kind }: Answer): number =>
  CALL_DEADLINE_MS + (kind === 'write' ? OUTCOME_WAIT_MS : 0);

/** Everything in which a case did not behave as its row of the data says, in words; nothing means that it held. */
export function failuresOf(result: CaseResult): string[] {
  const { findings, unprojected } = result;
  return [
    ...badAnswers(result),
    ...unexpected(result),
    ...findings.unrecorded,
    ...findings.lost.map((line) => `lost: ${line}`),
    ...findings.twice.map((line) => `twice: ${line}`),
    ...findings.open.map((line) => `still open: ${line}`),
    ...(unprojected === 0 ? [] : [`${unprojected} records differ between event store and projection`]),
    ...(result.healedMs <= result.case.healsWithinMs ? [] : [`healed after ${result.healedMs} ms`]),
    ...result.ended.filter((end) => !result.case.mayEnd?.some((part) => end.startsWith(`${part} `))),
  ];
}

/** Whatever the fault: an answer in time, and nothing that a client can't understand. Alike ones are counted. */
function badAnswers({ case: { codes }, all }: CaseResult): string[] {
  const counts = new Map<string, { count: number; first: string }>();
  for (const answer of all) {
    const fault = faultIn(answer, codes);
    if (fault === null) continue;
    const name = `${answer.kind} ${fault}`;
    const { count, first } = counts.get(name) ?? { count: 0, first: answer.nonce };
    counts.set(name, { count: count + 1, first });
  }
  return [...counts].map(([name, { count, first }]) => `${count} times ${name} (first ${first})`);
}

function faultIn(answer: Answer, codes: readonly string[]): string | null {
  const { kind, got, answeredAt, sentAt } = answer;
  if (got.is === 'broken') return `got ${got.text}`;
  if (answeredAt - sentAt > limitMs(answer) + SLACK_MS) return `waited for more than ${limitMs(answer)} ms`;
  if (got.is === 'result') return kind === 'denied' ? 'ran although policy denies it' : null;
  if (got.correlationId === undefined) return `got ${got.code} without a correlation id`;
  return works(answer) || codes.includes(got.code) ? null : `got ${got.code}`;
}

function unexpected({ case: { expect }, under }: CaseResult): string[] {
  return KIND_NAMES.flatMap((kind) => {
    const answers = under.filter((answer) => answer.kind === kind);
    if (expect[kind] === 'either') return [];
    const wrong = answers.filter((answer) => works(answer) !== (expect[kind] === 'works'));
    if (answers.length === 0) return [`no call of kind ${kind} was answered under the fault`];
    return wrong.length === 0
      ? []
      : [
          `${wrong.length} of ${answers.length} calls of kind ${kind}, not ${expect[kind]}: ${codesOf(wrong)}`,
        ];
  });
}

const codesOf = (answers: readonly Answer[]): string =>
  [...new Set(answers.map(({ got }) => (got.is === 'refusal' ? got.code : got.is)))].join(', ');
