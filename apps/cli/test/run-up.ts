import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** `portcullis up` as it is shipped: compiled, in a process of its own. */
export interface RunningUp {
  process: ChildProcess;
  report: Record<string, never> & {
    pids: Record<string, number>;
    mcp: string;
    admin: string;
    apiKey: string | null;
    operations: Record<string, string>;
  };
  /** Everything on standard error so far. */
  progress: () => string;
  /** Exit code after a signal. */
  end: (signal: NodeJS.Signals) => Promise<number | null>;
}

const MAIN = join(import.meta.dirname, '../dist/main.js');

/** Rejects with what was said on standard error when it ends before it is ready. */
export async function runUp(dataDirectory: string, ...more: string[]): Promise<RunningUp> {
  const child = spawn(
    process.execPath,
    [MAIN, 'up', '--data', dataDirectory, '--port', '0', '--json', ...more],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Named, since a test sees a copy of the environment and a child by default gets the original.
      env: process.env,
    },
  );
  let progress = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (progress += text));
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([first]) => first as string),
    once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`ended with ${String(code)}:\n${progress}`)),
    ),
  ]);
  return {
    process: child,
    report: JSON.parse(line) as RunningUp['report'],
    progress: () => progress,
    end: async (signal) => {
      const ended = once(child, 'exit');
      child.kill(signal);
      return ((await ended) as [number | null])[0];
    },
  };
}
