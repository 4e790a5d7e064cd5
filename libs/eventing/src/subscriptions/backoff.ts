export interface BackoffOptions {
  /** Pause after the first failure, ms. Default 100. */
  firstMs?: number;
  /** Longest pause, ms. Default 10,000. */
  maxMs?: number;
}

/** Pauses that double from `firstMs` to `maxMs`, each shortened by up to half at random so that replicas spread out. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #timer: NodeJS.Timeout | undefined;
  #attempts = 0;

  constructor({ firstMs = 100, maxMs = 10_000 }: BackoffOptions = {}) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
  }

  /** Failures since the last {@link reset}. */
  get attempts(): number {
    return this.#attempts;
  }

  again(run: () => void): void {
    clearTimeout(this.#timer);
    const pause = Math.min(this.#maxMs, this.#firstMs * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#timer = setTimeout(run, pause * (1 - Math.random() / 2));
  }

  reset(): void {
    this.#attempts = 0;
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }
}
