import { backlogAfter, type EventStore } from '@portcullis/eventing';
import type { Metrics } from '@portcullis/platform';
import type { Projection } from '../ports/projection.js';
import { PROJECTION } from './run-projection.js';

export interface LagParts {
  store: Pick<EventStore, 'readAll'>;
  projection: Pick<Projection, 'checkpoint'>;
  now(): number;
}

/** More than this is told as this: what counts then is how old they are. */
const MOST = 1000;

/**
 * How far the search view is behind the streams. By what is stored on both sides, so every replica tells the same, also
 * those that don't project.
 */
export function publishProjectionLag(metrics: Metrics, { store, projection, now }: LagParts): void {
  metrics.asked(
    [
      {
        name: 'portcullis_audit_projection_lag_events',
        help: `Stored records that the search view does not show yet; ${MOST} stands for as many or more.`,
      },
      {
        name: 'portcullis_audit_projection_lag_seconds',
        help: 'How long the oldest of them has been waiting.',
      },
    ],
    async () => {
      const position = (await projection.checkpoint(PROJECTION)) ?? -1n;
      const { events, oldest } = await backlogAfter(store, 'audit-', position, MOST);
      return {
        portcullis_audit_projection_lag_events: events,
        portcullis_audit_projection_lag_seconds:
          oldest === undefined ? 0 : Math.max(0, now() - oldest.getTime()) / 1000,
      };
    },
  );
}
