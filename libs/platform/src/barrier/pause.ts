/** A pause between two rounds of work that can be cut short, but never below a gap since the round began. */
export class Pause {
  private beganAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private resume: (() => void) | undefined;
  private ended = false;
  /** When the pause that somebody wanted cut short may end, monotonic; until it is taken. */
  private wanted: number | undefined;

  /** A round of work begins: whatever was wanted before is answered by it. */
  begin(): void {
    this.beganAt = performance.now();
    this.wanted = undefined;
  }

  /** Resolves after `ms`, or as soon as it is ended. */
  take(ms: number): Promise<void> {
    if (this.ended || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.resume = resolve;
      const early = this.wanted === undefined ? ms : Math.max(0, this.wanted - performance.now());
      this.schedule(Math.min(ms, early));
    });
  }

  /** Ends this pause, or the one that comes next, but not sooner than `gapMs` after the work has begun. */
  endAfter(gapMs: number): void {
    if (this.wanted !== undefined) return;
    this.wanted = this.beganAt + gapMs;
    if (this.resume !== undefined) this.schedule(Math.max(0, this.wanted - performance.now()));
  }

  /** Ends this pause and every later one. */
  end(): void {
    this.ended = true;
    this.finish();
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.finish(), ms);
  }

  private finish(): void {
    clearTimeout(this.timer);
    this.resume?.();
    this.resume = undefined;
  }
}
