import { AppError } from '@portcullis/contracts';
import type { EventStore } from '@portcullis/eventing';
import { databaseCheck, eventStoreCheck, type ReadinessCheck } from '@portcullis/platform';
import type { DataSource } from 'typeorm';
import type { Leadership } from '../ports/leadership.js';

export interface Checked {
  store: Pick<EventStore, 'ping'>;
  database: Pick<DataSource, 'query'>;
  leadership: Pick<Leadership, 'leads'>;
  projecting: { failure(): string | null };
}

/** What has to work before this replica counts as ready. A replica that doesn't project relies on the one that does. */
export function readinessChecks({ store, database, leadership, projecting }: Checked): ReadinessCheck[] {
  return [
    eventStoreCheck(store),
    databaseCheck(database),
    {
      name: 'projection',
      check: async () => {
        const problem =
          leadership.leads() === null ? 'It is not known which replica projects.' : projecting.failure();
        if (problem !== null) throw new AppError('UNAVAILABLE', problem);
      },
    },
  ];
}
