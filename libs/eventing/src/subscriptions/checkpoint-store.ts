/**
 * Where a subscription remembers how far it got. `Tx` is whatever the handler writes with.
 *
 * An adapter promises: `transact` runs `work` and stores the position in ONE transaction, so that after a crash either
 * both happened or neither; when `work` rejects, nothing is kept and `transact` rejects with the same error; a position
 * is never stored over a higher one.
 */
export interface CheckpointStore<Tx> {
  /** Undefined when the subscription has never stored one. */
  load(name: string): Promise<bigint | undefined>;
  transact(name: string, position: bigint, work: (tx: Tx) => Promise<void>): Promise<void>;
}
