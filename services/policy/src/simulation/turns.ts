import { setImmediate as nextTurn } from 'node:timers/promises';

/** So long the process does nothing else: what is decided meanwhile waits for it at most. */
const SLICE_MS = 3;

/** Long work in slices, between which everything else has its turn. */
export class Turns {
  #ends = 0;

  /** Whether the slice is over, and it is time to {@link giveWay}. */
  get areOver(): boolean {
    return performance.now() > this.#ends;
  }

  /** @throws the reason of an abort */
  async giveWay(signal: AbortSignal): Promise<void> {
    await nextTurn();
    signal.throwIfAborted();
    this.#ends = performance.now() + SLICE_MS;
  }
}
