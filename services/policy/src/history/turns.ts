import { AppError } from '@portcullis/contracts';

/** At most so much work at once; the rest waits in order, and what would wait behind too many is refused. */
export class Turns {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly limits: { atOnce: number; waiting: number }) {}

  /** @throws AppError RATE_LIMITED; whatever the work throws */
  async take<T>(work: () => Promise<T>): Promise<T> {
    await this.#begin();
    try {
      return await work();
    } finally {
      this.#end();
    }
  }

  /** A turn that ends goes over to whoever waits, so nobody comes in between. */
  #begin(): Promise<void> {
    if (this.#running < this.limits.atOnce) {
      this.#running += 1;
      return Promise.resolve();
    }
    if (this.#waiting.length >= this.limits.waiting) {
      throw new AppError('RATE_LIMITED', 'Too many questions about the past are being answered. Try again.');
    }
    return new Promise((begin) => this.#waiting.push(begin));
  }

  #end(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}
