import { randomUUID } from 'node:crypto';
import { AppError } from '@portcullis/contracts';
import type { EventStore, StoredEvent } from '@portcullis/eventing';
import { headOf, type FactKeys } from '../chain/fact-chain.js';
import { isTransient, type FactReader, type LoadedPolicy, type Resumed } from '../replica/fact-reader.js';
import { openSnapshot, refused, sealSnapshot, snapshotCodec, snapshotStream } from './snapshot-event.js';
import { snapshotGap } from './snapshot-gap.js';

export interface PolicySnapshotsParts {
  store: Pick<EventStore, 'append' | 'read' | 'keepLast'>;
  reader: Pick<FactReader, 'resume'>;
  keys: FactKeys;
  clock(): Date;
  onStored?(org: string): void;
  /** A snapshot is there and is not believed: everything is read from the first fact. */
  onIgnored(org: string, error: unknown): void;
}

/** Where an organisation's snapshots are: revision of the last event of their stream, and of the last fact it holds. */
interface Place {
  stream: bigint;
  fact: bigint;
}

const NOWHERE: Place = { stream: -1n, fact: -1n };
const KEPT = 2;

/**
 * States of organisations that were verified once, signed by policy. They save reading, and are never believed by
 * themselves: the fact that a snapshot ends with has to stand in the store, in that place, with that hash.
 */
export class PolicySnapshots {
  readonly #places = new Map<string, Place>();

  constructor(private readonly parts: PolicySnapshotsParts) {}

  /**
   * The newest snapshot and everything after it; undefined where there is none, or none that is believed.
   * @throws as {@link FactReader.load} for what comes after it
   */
  async load(org: string): Promise<LoadedPolicy | undefined> {
    const event = await this.#newest(org);
    this.#places.set(org, event === undefined ? NOWHERE : { stream: event.revision, fact: -1n });
    if (event === undefined) return undefined;
    try {
      const resumed = this.#open(org, event);
      const loaded = await this.parts.reader.resume(org, resumed);
      if (loaded === undefined)
        throw refused(`Its last fact, ${resumed.revision}, is not the one in the store.`);
      this.#places.set(org, { stream: event.revision, fact: resumed.revision });
      return loaded;
    } catch (error) {
      if (isTransient(error)) throw error;
      this.parts.onIgnored(org, error);
      return undefined;
    }
  }

  /** Whether enough has happened since the newest snapshot that is known of. */
  isDue(org: string, revision: bigint): boolean {
    const { fact } = this.#places.get(org) ?? NOWHERE;
    return revision - fact >= snapshotGap(revision);
  }

  /** The newest snapshot is not what it should be: the next one is due. */
  discard(org: string): void {
    this.#places.set(org, { stream: this.#places.get(org)?.stream ?? -1n, fact: -1n });
  }

  /**
   * Stores what was verified. When another replica has stored one meanwhile, that one is used.
   * @throws AppError whatever the store fails with
   */
  async save(org: string, { state, revision, last }: LoadedPolicy): Promise<void> {
    if (last === undefined) return;
    const { stream: at } = this.#places.get(org) ?? NOWHERE;
    const content = { org, revision: Number(revision), head: headOf(last), state };
    const data = await sealSnapshot(this.parts.keys, content);
    const event = { id: randomUUID(), ...snapshotCodec.encode({ type: 'policysnapshot.Taken', data }) };
    const name = snapshotStream(org);
    try {
      if (at < 0n) await this.parts.store.keepLast(name, KEPT);
      const expected = at < 0n ? 'no_stream' : at;
      const { revision: stream } = await this.parts.store.append(name, [event], { expected });
      this.#places.set(org, { stream, fact: revision });
      this.parts.onStored?.(org);
    } catch (error) {
      if (error instanceof AppError && error.code === 'CONFLICT') return void (await this.load(org));
      // Too large is not for ever: facts may take something away again.
      if (!isTransient(error)) this.#places.set(org, { stream: at, fact: revision });
      throw error;
    }
  }

  async #newest(org: string): Promise<StoredEvent | undefined> {
    const newest = { direction: 'backwards', limit: 1 } as const;
    for await (const event of this.parts.store.read(snapshotStream(org), newest)) return event;
    return undefined;
  }

  #open(org: string, event: StoredEvent): Resumed {
    const { keys, clock } = this.parts;
    const { org: own, ...taken } = openSnapshot(keys, snapshotCodec.decode(event).data, clock());
    if (own !== org) throw refused('It is of another organisation.');
    return { ...taken, revision: BigInt(taken.revision) };
  }
}
