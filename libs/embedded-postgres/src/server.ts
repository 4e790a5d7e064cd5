import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { postgresBinaries } from './binaries.js';
import { stopOrphan } from './orphan.js';
import { unprivilegedAccount, type Account } from './unprivileged-account.js';

export interface PostgresOptions {
  /** Directory of the cluster; made when missing. Its parents may be closed to everybody but root. */
  directory: string;
  /** TCP port on 127.0.0.1. */
  port: number;
  superuserPassword: string;
  /** The server's whole environment, by which somebody may find it again; default: empty. */
  environment?: Record<string, string>;
  /** Takes the server's log lines. Statements and their parameters are not in it. */
  onLog?: (text: string) => void;
}

export interface RunningPostgres {
  readonly process: ChildProcess;
  readonly port: number;
  /** URL of the superuser `postgres`, for setting up roles; nothing else uses it. */
  readonly superuserUrl: string;
  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  stop(): Promise<void>;
}

/** Crash recovery after a hard stop is part of a start. */
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 10_000;
const POLL_MS = 50;

/**
 * The server is given its directory as `/proc/self/cwd`: the working directory is entered before the account changes,
 * so an unprivileged server works inside a directory whose parents only root may enter, and a data directory can stay
 * 0700.
 */
const OWN_DIRECTORY = '/proc/self/cwd';

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '64MB',
  max_connections: '100',
  // A call waits for nothing that PostgreSQL logs in clear: neither statements nor parameters.
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_parameter_max_length_on_error: '0',
  password_encryption: 'scram-sha-256',
};

/** Starts PostgreSQL in the directory, making the cluster on first use, and resolves when it takes connections. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const account = unprivilegedAccount();
  const binaries = postgresBinaries(account);
  prepareDirectory(options.directory, account);
  await stopOrphan(options.directory);
  if (!existsSync(join(options.directory, 'PG_VERSION'))) initialise(options, binaries, account);
  const settings = Object.entries({ ...SETTINGS, port: String(options.port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const child = spawn(join(binaries, 'bin/postgres'), ['-D', OWN_DIRECTORY, ...settings], {
    cwd: options.directory,
    env: options.environment ?? {},
    ...account,
    stdio: ['ignore', 'ignore', 'pipe'],
    // Ctrl-C goes to the foreground group: whoever started the server decides when it ends.
    detached: true,
  });
  const tail = collectLog(child, options.onLog);
  const superuserUrl = `postgres://postgres:${encodeURIComponent(options.superuserPassword)}@127.0.0.1:${options.port}/postgres`;
  await untilReady(child, superuserUrl, tail);
  return { process: child, port: options.port, superuserUrl, stop: () => stop(child) };
}

function prepareDirectory(directory: string, account: Account | null): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (account !== null && statSync(directory).uid !== account.uid)
    chownSync(directory, account.uid, account.gid);
  chmodSync(directory, 0o700);
}

function initialise(options: PostgresOptions, binaries: string, account: Account | null): void {
  const scratch = mkdtempSync(join(tmpdir(), 'portcullis-initdb-'));
  const passwordFile = join(scratch, 'password');
  try {
    writeFileSync(passwordFile, options.superuserPassword, { mode: 0o600 });
    if (account !== null)
      for (const path of [scratch, passwordFile]) chownSync(path, account.uid, account.gid);
    const result = spawnSync(
      join(binaries, 'bin/initdb'),
      [
        '-D',
        OWN_DIRECTORY,
        '-U',
        'postgres',
        `--pwfile=${passwordFile}`,
        '-A',
        'scram-sha-256',
        '-E',
        'UTF8',
        '--locale=C',
        '--data-checksums',
        '--no-instructions',
      ],
      { cwd: options.directory, env: {}, ...account, encoding: 'utf8' },
    );
    if (result.status === 0) return;
    // A half-made cluster would be taken for a whole one by the next start.
    rmSync(join(options.directory, 'PG_VERSION'), { force: true });
    throw new Error(`initdb failed: ${result.error?.message ?? result.stderr}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Keeps the last lines, for the error message when the server doesn't come up. */
function collectLog(child: ChildProcess, onLog?: (text: string) => void): () => string {
  const lines: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    onLog?.(text);
    lines.push(...text.split('\n').filter((line) => line !== ''));
    lines.splice(0, Math.max(0, lines.length - 20));
  });
  return () => lines.join('\n');
}

async function untilReady(child: ChildProcess, url: string, tail: () => string): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`PostgreSQL ended while starting.\n${tail()}`);
    const error = await tryToConnect(url);
    if (error === null) return;
    if (Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`PostgreSQL is not ready after ${START_DEADLINE_MS} ms: ${error}\n${tail()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function tryToConnect(url: string): Promise<string | null> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return null;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGINT');
  });
}
