import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunningService } from '@portcullis/platform';

export const MAIN = join(import.meta.dirname, '../../dist/main.js');

/** The built service as a process of its own, for tests that have an event store client themselves: one per process. */
export async function startPolicyProcess(env: Record<string, string>): Promise<RunningService> {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: build first`);
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const line = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>;
  const first = await Promise.race([line, exited]);
  if (typeof first[0] !== 'string') throw new Error('The policy process has ended instead of getting ready');
  const { ready: _ready, service: _service, ...ready } = JSON.parse(first[0]) as RunningService['ready'];
  return {
    ready,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
