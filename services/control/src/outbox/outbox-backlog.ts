import { asOrganisation, OUTBOX_GAUGES, type Metrics } from '@portcullis/platform';
import type { DataSource } from 'typeorm';

interface Backlog {
  records: number;
  seconds: number;
}

/** What waits, organisation by organisation, since the relay's role can't read otherwise; nearly always nothing does. */
export function publishBacklog(metrics: Metrics, jobs: DataSource): void {
  metrics.asked(OUTBOX_GAUGES, async () => {
    const rows = await jobs.query<{ org: string }[]>(
      'SELECT organisations_with_outbox AS org FROM organisations_with_outbox()',
    );
    let records = 0;
    let oldest = 0;
    for (const { org } of rows) {
      const backlog = await backlogOf(jobs, org);
      records += backlog.records;
      oldest = Math.max(oldest, backlog.seconds);
    }
    return { portcullis_outbox_backlog_records: records, portcullis_outbox_backlog_seconds: oldest };
  });
}

async function backlogOf(jobs: DataSource, org: string): Promise<Backlog> {
  const [row] = await asOrganisation(jobs, org, (manager) =>
    manager.query<Backlog[]>(
      `SELECT count(*)::int AS records, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float AS seconds
       FROM outbox WHERE org_id = $1 AND refused IS NULL`,
      [org],
    ),
  );
  return row ?? { records: 0, seconds: 0 };
}
