import { backlogAfter, type EventStore } from '@portcullis/eventing';
import type { Metrics } from '@portcullis/platform';
import type { PolicyReplica } from './policy-replica.js';

/** More than this is told as this. */
const MOST = 1000;

/** How far this replica's policy is behind the facts that are stored. While it is, its decisions are refused as stale. */
export function publishReplicaLag(
  metrics: Metrics,
  { store, replica }: { store: Pick<EventStore, 'readAll'>; replica: Pick<PolicyReplica, 'position'> },
): void {
  metrics.asked(
    [
      {
        name: 'portcullis_policy_replica_lag_revisions',
        help: `Stored policy facts that this replica has not folded yet; ${MOST} stands for as many or more.`,
      },
    ],
    async () => ({
      portcullis_policy_replica_lag_revisions: (await backlogAfter(store, 'policy-', replica.position, MOST))
        .events,
    }),
  );
}
