import type { AuditRecord } from '@portcullis/contracts';
import type { Answer } from './load.js';
import type { Effect } from './recording-upstream.js';
import { KINDS } from './tools.js';

/** What is wrong, one line each; all empty is the promise of the failure table. */
export interface Findings {
  /** Ran without an intent on record, or although it was denied, or more than once. */
  unrecorded: string[];
  /** Acknowledged, and not on record. */
  lost: string[];
  /** Recorded more than once. */
  twice: string[];
  /** Intents that nothing has closed. */
  open: string[];
}

export interface Evidence {
  answers: readonly Answer[];
  effects: readonly Effect[];
  /** First occurrences, in the order of the store. */
  records: readonly AuditRecord[];
}

/** An intent with everything that refers to it. */
interface Attempt {
  intent: AuditRecord;
  closings: AuditRecord[];
}

export function judge({ answers, effects, records }: Evidence): Findings {
  const attempts = attemptsIn(records);
  const byCall = groupBy(attempts, ({ intent }) => keyOf(intent.action.tool, intent.call?.argumentBytes));
  const denials = new Set(
    records
      .filter(({ type }) => type === 'ToolCallDenied')
      .map(({ action, call }) => keyOf(action.tool, call?.argumentBytes)),
  );
  const findings: Findings = { unrecorded: [], lost: [], twice: twice(attempts), open: stillOpen(attempts) };
  const ran = groupBy(effects, ({ nonce }) => nonce);
  for (const answer of answers) {
    const { tool } = KINDS[answer.kind];
    const mine = byCall.get(keyOf(tool, answer.bytes)) ?? [];
    findings.unrecorded.push(...unrecorded(answer, ran.get(answer.nonce) ?? [], mine));
    if (isLost(answer, mine, denials)) findings.lost.push(`${answer.kind} ${answer.nonce}`);
  }
  const known = new Set(answers.map(({ nonce }) => nonce));
  for (const nonce of ran.keys()) if (!known.has(nonce)) findings.unrecorded.push(`${nonce} was never sent`);
  return findings;
}

const keyOf = (tool: string | null, bytes: number | null | undefined): string => `${tool} ${bytes}`;

function attemptsIn(records: readonly AuditRecord[]): Attempt[] {
  const closings = groupBy(
    records.filter(({ call }) => typeof call?.intent === 'string'),
    ({ call }) => call!.intent!,
  );
  return records
    .filter(({ type }) => type === 'ToolCallAuthorized')
    .map((intent) => ({ intent, closings: closings.get(intent.recordId) ?? [] }));
}

const was = (attempt: Attempt, ...types: AuditRecord['type'][]): boolean =>
  attempt.closings.some(({ type }) => types.includes(type));

function unrecorded(answer: Answer, effects: readonly Effect[], attempts: readonly Attempt[]): string[] {
  const name = `${answer.kind} ${answer.nonce}`;
  if (effects.length === 0) return [];
  if (effects.length > 1) return [`${name} ran ${effects.length} times`];
  const accountable = attempts.filter((attempt) => !was(attempt, 'AbortedBeforeEffect'));
  if (accountable.length === 0) return [`${name} ran without a record`];
  const before = accountable.some(({ intent }) => Date.parse(intent.time) <= effects[0]!.at);
  return before ? [] : [`${name} ran before its record`];
}

function isLost({ kind, bytes, got }: Answer, attempts: readonly Attempt[], denials: Set<string>): boolean {
  if (got.is === 'refusal' && got.code === 'DENIED_BY_POLICY')
    return !denials.has(keyOf(KINDS[kind].tool, bytes));
  if (got.is !== 'result') return false;
  return !attempts.some((attempt) =>
    attempt.closings.some(
      ({ type, outcome }) =>
        (type === 'ToolCallCompleted' || type === 'OutcomeRecovered') && outcome?.result === 'success',
    ),
  );
}

/** One intent for each attempt of a call; one outcome for it, or an interruption and at most one recovery. */
function twice(attempts: readonly Attempt[]): string[] {
  const found: string[] = [];
  const byAttempt = groupBy(attempts, ({ intent }) => `${intent.call?.id} ${intent.call?.attempt}`);
  for (const [name, same] of byAttempt) if (same.length > 1) found.push(`${name}: ${same.length} intents`);
  for (const { intent, closings } of attempts) {
    const types = closings.map(({ type }) => type).sort();
    const allowed = types.length < 2 || types.join() === 'OutcomeRecovered,ToolCallInterrupted';
    if (!allowed) found.push(`${intent.recordId}: ${types.join()}`);
  }
  return found;
}

const stillOpen = (attempts: readonly Attempt[]): string[] =>
  attempts.filter(({ closings }) => closings.length === 0).map(({ intent }) => intent.recordId);

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
