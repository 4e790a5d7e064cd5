import { HINTS, type ChangedHint } from '@portcullis/contracts';
import { asOrganisation, type Logger } from '@portcullis/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import type { DataSource, EntityManager } from 'typeorm';
import type { AdminFact } from './admin-fact.js';
import type { Outbox } from './outbox.js';
import type { OutboxRelay } from './outbox-relay.js';

export interface DirectoryChangesParts {
  readonly dataSource: DataSource;
  readonly outbox: Outbox;
  readonly relay: OutboxRelay;
  readonly connection: NatsConnection;
  readonly logger: Logger;
}

/** Notes a fact in the transaction at hand. */
export type Note = (...facts: AdminFact[]) => Promise<void>;

/**
 * Every change of the directory goes through here: one transaction as one organisation, its facts written with it, and
 * after the commit the relay is woken and caches are told. What is thrown inside undoes all of it.
 */
export class DirectoryChanges {
  constructor(private readonly parts: DirectoryChangesParts) {}

  async change<T>(org: string, work: (manager: EntityManager, note: Note) => Promise<T>): Promise<T> {
    const { dataSource, outbox, relay } = this.parts;
    const result = await asOrganisation(dataSource, org, (manager) =>
      work(manager, (...facts) => outbox.add(manager, ...facts)),
    );
    relay.wake();
    this.hint({ org, sid: null });
    return result;
  }

  /** Tells caches to forget an organisation, or one key of it. Missing a hint costs them latency only. */
  hint(hint: ChangedHint): void {
    try {
      this.parts.connection.publish(HINTS.directoryChanged.subject, JSON.stringify(hint));
    } catch (err) {
      this.parts.logger.debug({ err }, 'a hint was not published');
    }
  }
}
