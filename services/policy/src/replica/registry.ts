import { randomUUID } from 'node:crypto';
import { AppError } from '@portcullis/contracts';
import { defineEvent, eventCodec, type EventStore } from '@portcullis/eventing';
import { storedId, storedTime } from '@portcullis/policy-engine';
import { z } from 'zod';

/** Lists the organisations that have a policy stream. Hints: what an organisation is, its own signed facts say. */
const REGISTRY_STREAM = 'policy-orgs';

export const registryCodec = eventCodec(
  defineEvent('policy.OrganisationAnnounced', z.strictObject({ org: storedId, time: storedTime })),
);

export class OrganisationRegistry {
  constructor(private readonly store: Pick<EventStore, 'append' | 'read'>) {}

  async list(): Promise<string[]> {
    return (await this.#read()).orgs;
  }

  /**
   * Announces an organisation, once. `allowed` sees those announced before; two announcements at the same time are
   * decided one after the other.
   * @throws AppError whatever `allowed` throws; CONFLICT after too many tries
   */
  async announce(org: string, now: string, allowed: (others: string[]) => void): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const { orgs, revision } = await this.#read();
      allowed(orgs.filter((other) => other !== org));
      if (orgs.includes(org)) return;
      const event = { type: 'policy.OrganisationAnnounced' as const, data: { org, time: now } };
      try {
        const expected = revision < 0n ? 'no_stream' : revision;
        await this.store.append(REGISTRY_STREAM, [{ id: randomUUID(), ...registryCodec.encode(event) }], {
          expected,
        });
        return;
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'CONFLICT' || attempt >= 5) throw error;
      }
    }
  }

  async #read(): Promise<{ orgs: string[]; revision: bigint }> {
    const orgs = new Set<string>();
    let revision = -1n;
    for await (const event of this.store.read(REGISTRY_STREAM, { fromLeader: true })) {
      orgs.add(registryCodec.decode(event).data.org);
      revision = event.revision;
    }
    return { orgs: [...orgs], revision };
  }
}
