export interface EventuallyOptions {
  /** Milliseconds. */
  deadlineMs?: number;
  intervalMs?: number;
}

/** Polls until `attempt` passes without throwing, and gives its value; the last error when the deadline has passed. */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<T> {
  const { deadlineMs = 5000, intervalMs = 25 } = options;
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
    }
  }
}
