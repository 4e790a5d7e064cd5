/**
 * What `read` gives, at most `ms` milliseconds old, so that asking often costs little. Who asks while it is being read
 * waits for that reading: `read` never runs twice at a time, however long it hangs. A failure is not kept.
 */
export function keptFor<T>(
  ms: number,
  read: () => Promise<T>,
  now: () => number = () => performance.now(),
): () => Promise<T> {
  let reading: Promise<T> | undefined;
  let until = -Infinity;
  return () => {
    if (reading !== undefined && now() < until) return reading;
    until = Infinity;
    const started = read().then(
      (value) => {
        until = now() + ms;
        return value;
      },
      (error: unknown) => {
        reading = undefined;
        throw error;
      },
    );
    reading = started;
    return started;
  };
}
