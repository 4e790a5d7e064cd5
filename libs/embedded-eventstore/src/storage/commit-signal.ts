/** Wakes whoever waits for the log to grow. */
export class CommitSignal {
  readonly #waiting = new Set<() => void>();

  /**
   * Wakes them in a later turn: what they read and send then would otherwise be done before the answers to those who
   * have written leave the process.
   */
  fire(): void {
    setImmediate(() => {
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const wake of waiting) wake();
    });
  }

  /** Resolves at the next commit, or when `signal` aborts. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}
