import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { connectionString } from '../connection-string.js';

type NodeProcess = ChildProcessByStdio<Writable, Readable, Readable>;

/** Another build of the node, to see whether a test notices what is wrong with it. */
const MAIN =
  process.env['EVENTSTORE_NODE_MAIN'] ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const START_DEADLINE_MS = 15_000;

/** The real node as a process of its own, with a database in a fresh directory. For tests of whatever needs one. */
export interface TestNode {
  /** For `connectEventStore`. Stays the same over restarts. */
  readonly url: string;
  readonly port: number;
  /** Holds `events.db` and `credentials.json`. */
  readonly directory: string;
  readonly pid: number;
  /** SIGKILL: what was acknowledged must survive. */
  kill(): Promise<void>;
  /** SIGTERM, waits for the end. Keeps the data. */
  terminate(): Promise<number | null>;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
  /** SIGSTOP: connected, but silent. */
  pause(): void;
  resume(): void;
  /** Ends it and removes the directory. */
  stop(): Promise<void>;
}

export interface TestNodeOptions {
  /** A server as bad as the protocol allows: repeated appends at `any` and `stream_exists` are stored again. */
  anyForgets?: boolean;
  /** Makes a scavenge slow enough to meet it at work. */
  scavengePauseMs?: number;
}

/** @throws Error when the package has not been built, or the node does not become ready */
export async function startEventStoreNode(options: TestNodeOptions = {}): Promise<TestNode> {
  const { anyForgets = false, scavengePauseMs = 0 } = options;
  if (!existsSync(MAIN)) {
    throw new Error(
      `${MAIN} is missing: build first (node node_modules/tsc7/bin/tsc -b libs/embedded-eventstore)`,
    );
  }
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-eventstore-'));
  const command = [MAIN, '--scavenge-pause-ms', String(scavengePauseMs)];
  const node = new SpawnedNode(directory, anyForgets ? [...command, '--any-forgets'] : command);
  await node.start(0);
  return node;
}

class SpawnedNode implements TestNode {
  readonly directory: string;
  #process!: NodeProcess;
  #port = 0;

  constructor(
    directory: string,
    private readonly command: readonly string[],
  ) {
    this.directory = directory;
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get url(): string {
    return connectionString(join(this.directory, 'credentials.json'), this.#port);
  }

  async start(port: number): Promise<void> {
    const flags = ['--data', join(this.directory, 'events.db'), '--port', String(port)];
    const credentials = ['--credentials-file', join(this.directory, 'credentials.json')];
    this.#process = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        ...this.command,
        ...flags,
        ...credentials,
        '--until-stdin-ends',
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    this.#port = await readyPort(this.#process);
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  terminate(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  restart(): Promise<void> {
    return this.start(this.#port);
  }

  pause(): void {
    this.#process.kill('SIGSTOP');
  }

  resume(): void {
    this.#process.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    this.resume();
    await this.#end('SIGTERM');
    await rm(this.directory, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return exitCode;
    const exited = once(this.#process, 'exit') as Promise<[number | null]>;
    this.#process.kill(signal);
    return (await exited)[0];
  }
}

/** The port of the line `{"ready":true,"port":N}`; whatever the node said on stderr otherwise. */
async function readyPort(child: NodeProcess): Promise<number> {
  const problems: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => problems.push(chunk));
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout });
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), START_DEADLINE_MS);
  child.once('exit', () => controller.abort());
  try {
    const [line] = (await once(lines, 'line', { signal: controller.signal })) as [string];
    return (JSON.parse(line) as { port: number }).port;
  } catch {
    child.kill('SIGKILL');
    throw new Error(`The event store node did not start: ${Buffer.concat(problems).toString('utf8')}`);
  } finally {
    clearTimeout(timer);
    lines.close();
    child.stdout.resume();
  }
}
