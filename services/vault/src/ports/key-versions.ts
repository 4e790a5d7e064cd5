/** The versions of one key that there are: all from the oldest to the newest open, the newest seals. */
export interface KeyVersions {
  readonly oldest: number;
  readonly newest: number;
}

/**
 * Which versions the keys of this installation have.
 *
 * A caller may rely on:
 * - a key that nobody has ever rotated has version 1 only;
 * - versions are only ever added at the end and taken away at the beginning;
 * - an answer is at most two seconds old, and with `now` as it is in this moment;
 * - AppError `UNAVAILABLE` when it can't be found out: it is never guessed.
 */
export interface KeyVersionRegister {
  of(reference: string, now?: 'now'): Promise<KeyVersions>;
}
