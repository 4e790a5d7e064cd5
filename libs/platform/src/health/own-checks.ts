import { AppError } from '@portcullis/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import type { DataSource } from 'typeorm';
import type { ReadinessCheck } from './readiness.js';

/** Whether the broker answers: a connection that is merely open may belong to a broker that hangs. */
export const brokerCheck = (connection: Pick<NatsConnection, 'flush'>): ReadinessCheck => ({
  name: 'nats',
  check: () => told('The broker does not answer.', connection.flush()),
});

export const databaseCheck = (database: Pick<DataSource, 'query'>): ReadinessCheck => ({
  name: 'postgres',
  check: () => told('The database does not answer.', database.query('SELECT 1')),
});

export const eventStoreCheck = (store: { ping(): Promise<void> }): ReadinessCheck => ({
  name: 'event_store',
  check: () => told('The event store does not answer.', store.ping()),
});

/** A driver's own words may name hosts, accounts and files. */
async function told(message: string, work: Promise<unknown>): Promise<void> {
  await work.catch((cause: unknown) => {
    throw new AppError('UNAVAILABLE', message, { cause });
  });
}
