/**
 * How long records are collected before they are written together: a transaction costs nearly the same for one as for
 * many. While anybody waits to read what was recorded, nothing is held back for that.
 */
export class CollectingTime {
  #readers = 0;
  #hurry: (() => void) | undefined;

  constructor(private readonly ms: number) {}

  /** Ends the time that is running, and lets none begin until `reading` has settled. */
  async cutShortFor<T>(reading: () => Promise<T>): Promise<T> {
    this.#readers += 1;
    this.end();
    try {
      return await reading();
    } finally {
      this.#readers -= 1;
    }
  }

  /** Ends the time that is running. */
  end(): void {
    this.#hurry?.();
  }

  /** Resolves when it is time to write. One at a time. */
  async pass(): Promise<void> {
    if (this.#readers > 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.ms);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#hurry = undefined;
  }
}
