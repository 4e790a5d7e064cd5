import { OUTBOX_GAUGES, type Metrics } from '@portcullis/platform';
import type { PendingFacts } from './pending-facts.js';

export function publishBacklog(metrics: Metrics, facts: Pick<PendingFacts, 'backlog'>): void {
  metrics.asked(OUTBOX_GAUGES, async () => {
    const { records, oldestSeconds } = await facts.backlog();
    return {
      portcullis_outbox_backlog_records: records,
      portcullis_outbox_backlog_seconds: oldestSeconds,
    };
  });
}
