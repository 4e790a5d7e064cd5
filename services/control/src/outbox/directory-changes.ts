import { asOrganisation, Turns } from '@portcullis/platform';
import type { DataSource, EntityManager } from 'typeorm';
import type { AdminFact } from './admin-fact.js';
import type { Outbox } from './outbox.js';
import type { OutboxRelay } from './outbox-relay.js';

export interface DirectoryChangesParts {
  /** A pool of its own: a change may hold its connection while policy answers, and authentication must not wait for it. */
  readonly changesDataSource: DataSource;
  readonly outbox: Outbox;
  readonly relay: OutboxRelay;
}

/** Notes a fact in the transaction at hand. */
export type Note = (...facts: AdminFact[]) => Promise<void>;

/** What one organisation may have under way: the others' changes need connections too. */
const PER_ORGANISATION = {
  running: 2,
  waiting: 32,
  refusal: 'Too many changes are under way. Try again shortly.',
};

/**
 * Every change of the directory goes through here: one transaction as one organisation, its facts written with it, and
 * after the commit the relay is woken. What is thrown inside undoes all of it.
 */
export class DirectoryChanges {
  private readonly turns = new Map<string, Turns>();

  constructor(private readonly parts: DirectoryChangesParts) {}

  /** Not to be nested. @throws AppError `RATE_LIMITED` when the organisation has too many changes under way. */
  async change<T>(org: string, work: (manager: EntityManager, note: Note) => Promise<T>): Promise<T> {
    const { changesDataSource, outbox, relay } = this.parts;
    const result = await this.inTurn(org, () =>
      asOrganisation(changesDataSource, org, (manager) =>
        work(manager, (...facts) => outbox.add(manager, ...facts)),
      ),
    );
    relay.wake();
    return result;
  }

  private async inTurn<T>(org: string, work: () => Promise<T>): Promise<T> {
    const turns = this.turns.get(org) ?? new Turns(PER_ORGANISATION);
    this.turns.set(org, turns);
    try {
      return await turns.take(work);
    } finally {
      if (turns.isIdle) this.turns.delete(org);
    }
  }
}
