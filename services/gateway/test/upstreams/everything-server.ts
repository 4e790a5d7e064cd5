import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { eventually, freePort } from '@portcullis/platform/testing';

const entry = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/package.json');

export interface EverythingServer {
  host: string;
  url: string;
  stop(): Promise<void>;
}

/** The public sample server, unmodified, as a process of its own: sessions, answers as events, progress. */
export async function startEverythingServer(): Promise<EverythingServer> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(dirname(entry), 'dist/index.js'), 'streamableHttp'], {
    env: { PORT: String(port) },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}/mcp`;
  await eventually(() => fetch(url, { method: 'DELETE' }), { deadlineMs: 15_000 });
  return { host: `127.0.0.1:${port}`, url, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
