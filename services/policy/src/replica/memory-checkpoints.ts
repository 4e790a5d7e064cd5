import type { CheckpointStore } from '@portcullis/eventing';

/** Positions of subscriptions whose effect is in memory too: both end with the process. */
export class MemoryCheckpoints implements CheckpointStore<undefined> {
  readonly #positions = new Map<string, bigint>();

  load(name: string): Promise<bigint | undefined> {
    return Promise.resolve(this.#positions.get(name));
  }

  async transact(name: string, position: bigint, work: (tx: undefined) => Promise<void>): Promise<void> {
    await work(undefined);
    const known = this.#positions.get(name) ?? -1n;
    if (position > known) this.#positions.set(name, position);
  }
}
