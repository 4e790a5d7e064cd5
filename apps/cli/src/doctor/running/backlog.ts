import { fail, unlessFaulty, warn, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';

export interface BacklogFacts {
  /** Calls whose outcome is overdue by more than half a minute and that audit has not closed. */
  overdueIntents: number;
  /** Facts that have waited for more than a minute to be recorded, and such that audit has refused, by service. */
  outboxes: readonly { service: string; waiting: number; refused: number }[];
}

const AUDIT = 'look at the services audit and nats: what keeps records from being made is reported there';

export function judgeBacklog({ overdueIntents, outboxes }: BacklogFacts): Finding[] {
  const faults: Finding[] = [];
  if (overdueIntents > 0)
    faults.push({
      ...fail(`${overdueIntents} calls without outcome are overdue and not closed as interrupted`, AUDIT),
      causes: [['audit', 'eventstore', 'nats']],
    });
  for (const { service, waiting, refused } of outboxes) {
    if (waiting > 0)
      faults.push(
        warn(`${waiting} facts of ${service} have waited for more than a minute to be recorded`, AUDIT),
      );
    if (refused > 0)
      faults.push(
        warn(`audit has refused ${refused} facts of ${service}`, `grep refused in the log of ${service}`),
      );
  }
  return unlessFaulty(faults, 'no overdue calls, and no facts wait to be recorded');
}

export type QueryAs = (role: string, sql: string) => Promise<Record<string, unknown>[]>;

const OVERDUE = `SELECT count(*) AS n FROM audit.deadlines WHERE deadline < now() - interval '30 seconds'`;
const CONTROL = `SELECT count(*) FILTER (WHERE refused IS NULL AND created_at < now() - interval '1 minute') AS waiting,
  count(*) FILTER (WHERE refused IS NOT NULL) AS refused FROM control.outbox`;
const VAULT = `SELECT count(*) FILTER (WHERE refusal IS NULL AND attempts > 0
    AND due_at < now() - interval '1 minute') AS waiting,
  count(*) FILTER (WHERE refusal IS NOT NULL) AS refused FROM vault.outbox`;

/** Reads counts only, each as the role that may: the owner sees control's outbox, jobs see the rest. */
export const backlogCheck = (query: QueryAs, needs: readonly string[]): Check => ({
  id: 'backlog',
  needs,
  run: async () => {
    const [overdue, control, vault] = await Promise.all([
      query('audit_job', OVERDUE),
      query('control_owner', CONTROL),
      query('vault_job', VAULT),
    ]);
    const counts = (service: string, rows: Record<string, unknown>[]) => ({
      service,
      waiting: Number(rows[0]?.['waiting'] ?? 0),
      refused: Number(rows[0]?.['refused'] ?? 0),
    });
    return judgeBacklog({
      overdueIntents: Number(overdue[0]?.['n'] ?? 0),
      outboxes: [counts('control', control), counts('vault', vault)],
    });
  },
});
