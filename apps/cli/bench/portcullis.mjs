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

/** Far above what one machine does: the limits are not what is measured. */
const UNLIMITED = Object.fromEntries(
  [
    ...['PRINCIPAL', 'TOOL', 'ORGANISATION'].map((what) => `PORTCULLIS_SET_GATEWAY_RATE_${what}`),
    ...['USER', 'SERVER', 'ORGANISATION'].map(
      (what) => `PORTCULLIS_SET_VAULT_VAULT_OPENS_PER_SECOND_${what}`,
    ),
  ].map((name) => [name, '100000']),
);

/** `portcullis up`, as it is shipped, on a fresh data directory. */
export function portcullis() {
  const missing = NEEDED.filter((file) => !existsSync(file));
  if (missing.length > 0) throw new Error(`${missing[0]} is missing: run npm run build first`);
  const root = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  let child;
  let report;
  let keys;
  const stop = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  return {
    directory: root,
    /** Seconds until it says that it is ready. */
    async start() {
      const before = performance.now();
      child = spawn(process.execPath, [MAIN, 'up', '--data', join(root, 'data'), '--port', '0', '--json'], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...UNLIMITED },
      });
      report = await reportOf(child);
      // They are told once, at the first start.
      keys ??= { apiKey: report.apiKey, adminKey: report.adminKey };
      return (performance.now() - before) / 1000;
    },
    stop,
    async remove() {
      await stop();
      rmSync(root, { recursive: true, force: true });
    },
    pids: () => report.pids,
    endpoint: (slug) => ({ url: `${report.mcp}/${slug}`, key: keys.apiKey }),
    /** Where the gateway finds a server. */
    async upstream(slug) {
      const headers = { authorization: `Bearer ${keys.adminKey}` };
      const response = await fetch(`${report.admin}/api/servers/${slug}`, { headers });
      if (!response.ok)
        throw new Error(`the admin API answered ${response.status}: ${await response.text()}`);
      return (await response.json()).url;
    },
  };
}

/** What a program says in its first line, as JSON; when it ends before, an error with what it said on standard error. */
export async function reportOf(child) {
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([first]) => first),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`a start ended with ${code}:\n${said}`))),
  ]);
  return JSON.parse(line);
}
