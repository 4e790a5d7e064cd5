/**
 * The time of records. It never goes back within the process, and not behind the newest month that was ever opened:
 * a stream of a past month, once left, gets nothing more, even when the system's clock is set back.
 */
export class AppendClock {
  #latest = 0;

  constructor(private readonly system: () => Date) {}

  now(): Date {
    this.#latest = Math.max(this.#latest, this.system().getTime());
    return new Date(this.#latest);
  }

  /** From now on the clock shows at least this time. */
  raiseTo(time: Date): void {
    this.#latest = Math.max(this.#latest, time.getTime());
  }
}
