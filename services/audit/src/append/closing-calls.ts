/**
 * Which calls are being closed at the moment, by the hash of their grant. An outcome, and audit's own conclusion that none
 * has come, are each decided by what is on record: decided side by side, both would be recorded. Between two replicas
 * nothing but the event store stands; there they can still meet, when an outcome arrives just as its call is given up.
 */
export class ClosingCalls {
  readonly #taken = new Map<string, Promise<void>>();

  /** Waits until nobody else closes the call. Gives what MUST be called when it is closed, or isn't after all. */
  async take(grantHash: string): Promise<() => void> {
    for (;;) {
      const release = this.tryTake(grantHash);
      if (release !== undefined) return release;
      await this.#taken.get(grantHash);
    }
  }

  /** Undefined while somebody else closes the call. */
  tryTake(grantHash: string): (() => void) | undefined {
    if (this.#taken.has(grantHash)) return undefined;
    let over = (): void => undefined;
    this.#taken.set(grantHash, new Promise((resolve) => (over = resolve)));
    return () => {
      this.#taken.delete(grantHash);
      over();
    };
  }
}
