import type { Principal } from '../authorize/principal-verifier.js';

/** An admin for whom sealed sections are read, as control has vouched for that person a moment ago. */
export interface Reader {
  readonly principal: Principal;
  /** The same, said to the vault. */
  readonly vaultAssertion: string;
}

/** What is left of an assertion has to do for one more batch. */
const LEFT_MS = 10_000;

/**
 * Who reads, as of the last time that the admin asked. An assertion lives a minute: without the admin asking again nothing is
 * read any more.
 */
export class CurrentReader {
  #waiting: (() => void)[] = [];

  constructor(
    private reader: Reader,
    private readonly now: () => Date,
  ) {}

  renew(reader: Reader): void {
    this.reader = reader;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Waits until the admin has asked again, where that was too long ago. @throws the reason of an abort */
  async current(signal: AbortSignal): Promise<Reader> {
    for (;;) {
      signal.throwIfAborted();
      const { exp } = this.reader.principal.claims;
      if (exp * 1000 - this.now().getTime() > LEFT_MS) return this.reader;
      await this.#renewed(signal);
    }
  }

  #renewed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.push(wake);
      signal.addEventListener('abort', wake);
    });
  }
}
