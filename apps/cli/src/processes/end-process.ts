import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from './process-table.js';

const POLL_MS = 20;

export interface EndOptions {
  /** Asks the process to end; SIGKILL follows after the deadline. */
  signal: NodeJS.Signals;
  deadlineMs: number;
}

/** Ends a process, politely first. Resolves when it is gone; rejects if even SIGKILL does not end it within 5 s. */
export async function endProcess(target: ProcessIdentity, { signal, deadlineMs }: EndOptions): Promise<void> {
  sendSignal(target, signal);
  if (await isGoneWithin(target, deadlineMs)) return;
  sendSignal(target, 'SIGKILL');
  if (!(await isGoneWithin(target, 5_000))) throw new Error(`Process ${target.pid} does not end`);
}

/** Checked right before the signal, so that a number which was given to another process meanwhile is left alone. */
function sendSignal(target: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(target)) return;
  try {
    process.kill(target.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function isGoneWithin(target: ProcessIdentity, deadlineMs: number): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  while (isRunning(target)) {
    if (performance.now() >= end) return false;
    await delay(POLL_MS);
  }
  return true;
}
