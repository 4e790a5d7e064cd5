import { randomUUID } from 'node:crypto';
import { AppError } from '@portcullis/contracts';
import type { CheckpointStore, EventStore } from '@portcullis/eventing';
import { z } from 'zod';

const EVENT_TYPE = 'checkpoint.Reached.v1';
const data = z.strictObject({ position: z.string().regex(/^\d{1,20}$/) });

interface Known {
  position: bigint | undefined;
  revision: bigint;
}

/**
 * Checkpoints in a stream of their own, for a service without a database. The work comes first and the position after
 * it, so a crash in between repeats the work: it MUST be idempotent. Positions are appended at the revision they were
 * read at; when another replica was faster the append is a CONFLICT, and the subscription starts over from there.
 */
export class EventStoreCheckpoints implements CheckpointStore<undefined> {
  readonly #known = new Map<string, Known>();

  constructor(private readonly store: Pick<EventStore, 'append' | 'read'>) {}

  async load(name: string): Promise<bigint | undefined> {
    let known: Known = { position: undefined, revision: -1n };
    for await (const event of this.store.read(streamOf(name), { direction: 'backwards', limit: 1 })) {
      known = { position: BigInt(data.parse(event.data).position), revision: event.revision };
    }
    this.#known.set(name, known);
    return known.position;
  }

  async transact(name: string, position: bigint, work: (tx: undefined) => Promise<void>): Promise<void> {
    await work(undefined);
    const known = this.#known.get(name);
    if (known === undefined) throw new AppError('INTERNAL', 'A checkpoint is loaded before it is stored');
    if (known.position !== undefined && position <= known.position) return;
    const event = { id: randomUUID(), type: EVENT_TYPE, data: { position: String(position) } };
    const expected = known.revision < 0n ? 'no_stream' : known.revision;
    const { revision } = await this.store.append(streamOf(name), [event], { expected });
    this.#known.set(name, { position, revision });
  }
}

const streamOf = (name: string): string => `checkpoint-${name}`;
