import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const built = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const MAIN = built('apps/cli/dist/main.js');
const NEEDED = [
  MAIN,
  ...['gateway', 'control', 'vault', 'policy', 'audit'].map((it) => built(`services/${it}/dist/main.js`)),
];

/** `portcullis up`, as it is shipped, on a fresh data directory. */
export function installation(environment = {}) {
  const missing = NEEDED.filter((file) => !existsSync(file));
  if (missing.length > 0) throw new Error(`${missing[0]} is missing: run npm run build first`);
  const root = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  let child;
  const stop = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  const remove = async () => {
    await stop();
    rmSync(root, { recursive: true, force: true });
  };
  // Whatever ends the benchmark, it does not stay.
  process.once('exit', () => child?.kill());
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => void remove().finally(() => process.exit(1)));
  }
  return {
    /** What it says when it is ready, and how many seconds that took. The keys are told once, at the first start. */
    async start() {
      const before = performance.now();
      child = spawn(process.execPath, [MAIN, 'up', '--data', join(root, 'data'), '--port', '0', '--json'], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...environment },
      });
      const report = await reportOf(child);
      return { report, seconds: (performance.now() - before) / 1000 };
    },
    stop,
    remove,
  };
}

/** Its first line, as JSON; when it ends before, an error with what it said on standard error. */
async function reportOf(child) {
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([first]) => first),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`a start ended with ${code}:\n${said}`))),
  ]);
  return JSON.parse(line);
}
