import { setTimeout as delay } from 'node:timers/promises';

/** Repeats a check until it stops throwing (and is not false); after the deadline its last error is the test's. */
export async function eventually<T>(check: () => T | Promise<T>, deadlineMs = 15_000): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      const value = await check();
      if (value !== false) return value;
      if (performance.now() > end) throw new Error('the condition did not become true in time');
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await delay(20);
  }
}
