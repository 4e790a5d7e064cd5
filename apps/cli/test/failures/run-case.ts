import { setTimeout as pause } from 'node:timers/promises';
import type { AuditRecord } from '@portcullis/contracts';
import type { EventStore } from '@portcullis/eventing';
import { eventually } from '../eventually.js';
import type { FailureCase } from './cases.js';
import { faultOf } from './faults.js';
import type { Installation } from './installation.js';
import { judge, type Findings } from './judge.js';
import { Load, type Answer } from './load.js';
import { KIND_NAMES, type Kind } from './tools.js';
import { exportedRecordIds, storedRecords } from './trail.js';
import { CALL_DEADLINE_MS, OUTCOME_WAIT_MS } from './tuning.js';

export interface CaseResult {
  case: FailureCase;
  /** Calls that were sent under the fault and answered before its end. */
  under: readonly Answer[];
  all: readonly Answer[];
  findings: Findings;
  /** Records that the event store has and the projection has not, or the other way round. */
  unprojected: number;
  /** Milliseconds from the end of the fault until each kind of call had worked again. */
  healedMs: number;
  /** Processes that ended although nobody had ended them. */
  ended: string[];
}

/** A fault ends when enough calls have been answered under it, and after this in any case. */
const LONGEST_FAULT_MS = 20_000;
const HANGS_AFTER_MS = CALL_DEADLINE_MS + OUTCOME_WAIT_MS + 10_000;
/** Audit closes what nobody else has closed: after the deadline of an intent. */
const SETTLES_WITHIN_MS = 60_000;

export interface Setting {
  installation: Installation;
  store: EventStore;
  /** Before the first call of all. */
  since: Date;
  /** So many calls of each kind shall have been answered under a fault. */
  answersOfEachKind: number;
}

export async function runCase(setting: Setting, failure: FailureCase): Promise<CaseResult> {
  const { installation } = setting;
  const startedAt = Date.now();
  const { mcp, apiKey } = installation.seeded;
  const load = new Load({ mcp, apiKey, hangMs: HANGS_AFTER_MS });
  await untilAllWork(load, startedAt, 30_000);
  installation.parts.takeUnasked();
  const under = await underFault(setting, failure, load);
  const endedAt = failure.fault === 'restarted' ? under.from : under.to;
  const healedMs = await untilAllWork(load, endedAt, failure.healsWithinMs + SETTLES_WITHIN_MS).catch(
    () => Infinity,
  );
  await load.end();
  const { findings, unprojected } = await settled(setting, load.answers, startedAt);
  return {
    case: failure,
    under: load.answers.filter(({ sentAt, answeredAt }) => sentAt > under.from && answeredAt <= under.to),
    all: load.answers,
    findings,
    unprojected,
    healedMs,
    ended: installation.parts.takeUnasked(),
  };
}

async function underFault(
  { installation, answersOfEachKind }: Setting,
  { part, fault, atLeastMs = 0, takesEffectMs = 0 }: FailureCase,
  load: Load,
): Promise<{ from: number; to: number }> {
  const applied = faultOf(installation, part, fault);
  applied.begin();
  const from = Date.now() + takesEffectMs;
  if (fault !== 'restarted') {
    const enough = (): boolean => {
      if (Date.now() - from < atLeastMs) return false;
      const since = load.answers.filter(({ sentAt }) => sentAt > from);
      return KIND_NAMES.every(
        (name) => since.filter(({ kind }) => kind === name).length >= answersOfEachKind,
      );
    };
    await eventually(enough, LONGEST_FAULT_MS).catch(() => undefined);
  }
  const to = Date.now();
  applied.end();
  return { from, to };
}

/** @returns milliseconds from `since` to the first answer by which every kind of call, sent after it, has worked */
function untilAllWork(load: Load, since: number, withinMs: number): Promise<number> {
  return eventually(() => {
    const times = KIND_NAMES.map((name) => firstThatWorked(load.answers, name, since));
    if (times.some((time) => time === undefined)) throw new Error('not all calls work yet');
    return Math.max(...(times as number[])) - since;
  }, withinMs);
}

const firstThatWorked = (answers: readonly Answer[], name: Kind, since: number): number | undefined =>
  answers.find((answer) => answer.kind === name && answer.sentAt >= since && works(answer))?.answeredAt;

/** What is denied works when policy's denial comes through. */
export const works = ({ kind, got }: Answer): boolean =>
  kind === 'denied' ? got.is === 'refusal' && got.code === 'DENIED_BY_POLICY' : got.is === 'result';

async function settled(
  { installation, store, since }: Setting,
  answers: readonly Answer[],
  startedAt: number,
): Promise<{ findings: Findings; unprojected: number }> {
  const { upstreams, seeded } = installation;
  const look = async () => {
    const all = await storedRecords(store, seeded.org, since);
    const records = all.filter(({ time }) => Date.parse(time) >= startedAt);
    const effects = [...upstreams.plain.effects, ...upstreams.guarded.effects];
    const findings = judge({ answers, effects: effects.filter(({ at }) => at >= startedAt), records });
    return { findings, unprojected: differences(all, await exportedRecordIds(seeded.admin)) };
  };
  const end = performance.now() + SETTLES_WITHIN_MS;
  for (;;) {
    const seen = await look().catch(() => undefined);
    const clean = seen !== undefined && seen.unprojected === 0 && Object.values(seen.findings).every(isEmpty);
    if (clean || (seen !== undefined && performance.now() > end)) return seen;
    if (performance.now() > end + SETTLES_WITHIN_MS) throw new Error('the trail can not be read');
    await pause(250);
  }
}

const isEmpty = (lines: string[]): boolean => lines.length === 0;

function differences(records: readonly AuditRecord[], exported: readonly string[]): number {
  const stored = new Set(records.map(({ recordId }) => recordId));
  const projected = new Set(exported);
  const missing = [...stored].filter((id) => !projected.has(id)).length;
  return missing + exported.filter((id) => !stored.has(id)).length + (exported.length - projected.size);
}
