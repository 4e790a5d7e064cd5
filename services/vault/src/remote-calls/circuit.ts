export interface CircuitLimits {
  /** Failed calls in a row after which no more are made. */
  readonly failures: number;
  /** Milliseconds after which one call may try whether it works again. */
  readonly probeAfterMs: number;
}

/**
 * Keeps calls from a service that fails all of them. Closed: calls go out. Open: none does, until the time for a probe has come;
 * then exactly one does, and its end closes the circuit or leaves it open for as long again.
 *
 * `now` has to be a monotonic clock in milliseconds: by one that can be set back, an open circuit might stay open for hours.
 */
export class Circuit {
  private failures = 0;
  private openedAt: number | undefined;
  private probing = false;

  constructor(
    private readonly limits: CircuitLimits,
    private readonly now: () => number,
  ) {}

  /** Whether a call may go out. Who gets true MUST report its end by `ended`. */
  enter(): boolean {
    if (this.openedAt === undefined) return true;
    if (this.probing || this.now() - this.openedAt < this.limits.probeAfterMs) return false;
    this.probing = true;
    return true;
  }

  /** `works`: the service answered, even if only to refuse this request; null: it was not even asked. */
  ended(works: boolean | null): void {
    this.probing = false;
    if (works === null) return;
    if (works) {
      this.failures = 0;
      this.openedAt = undefined;
      return;
    }
    this.failures += 1;
    if (this.failures >= this.limits.failures) this.openedAt = this.now();
  }
}
