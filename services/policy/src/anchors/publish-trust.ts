import type { Metrics } from '@portcullis/platform';
import type { PolicyReplica } from '../replica/policy-replica.js';
import type { AnchorWatch } from './anchor-watch.js';

/** How many organisations are denied because their facts can't be trusted, and how fresh that knowledge is. */
export function publishTrust(
  metrics: Metrics,
  { replica, anchors }: { replica: Pick<PolicyReplica, 'broken'>; anchors: Pick<AnchorWatch, 'ageSeconds'> },
): void {
  metrics.observed(
    {
      name: 'portcullis_policy_broken_organisations',
      help: 'Organisations whose facts can not be trusted; everything of theirs is denied.',
    },
    () => replica.broken,
  );
  metrics.observed(
    {
      name: 'portcullis_policy_anchor_age_seconds',
      help: 'Time since the facts were last compared with what audit has recorded of them.',
    },
    () => anchors.ageSeconds,
  );
}
