import { setTimeout as pause } from 'node:timers/promises';

/** Polls until the condition holds. @throws Error after `deadlineMs` */
export async function until(condition: () => boolean | Promise<boolean>, deadlineMs = 15_000): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${String(condition)}`);
    await pause(5);
  }
}
