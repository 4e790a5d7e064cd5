import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createServiceDatabase,
  startPostgres as start,
  type PostgresOptions,
  type RunningPostgres,
} from '@portcullis/embedded-postgres';
import { Secret } from '@portcullis/contracts';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

export interface TestDatabase {
  readonly ownerUrl: Secret;
  readonly appUrl: Secret;
  readonly jobUrl: Secret;
}

export interface TestPostgres {
  readonly server: RunningPostgres;
  /** `kill -9`, and up again at the same place. What a client was told is durable is there; what was not may be gone. */
  crash(): Promise<void>;
  /** Up again after it was stopped. */
  restart(): Promise<void>;
  readonly superuserUrl: Secret;
  /** Schema and roles of one service, as a set-up gets them. */
  database(service: 'control' | 'vault' | 'audit'): Promise<TestDatabase>;
  stop(): Promise<void>;
}

/** A real PostgreSQL cluster of its own for one test file; takes about five seconds. */
export async function startPostgres(): Promise<TestPostgres> {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-postgres-'));
  const options = {
    directory: join(directory, 'cluster'),
    port: await freePort(),
    superuserPassword: 'superuser',
    environment: runMark(),
  };
  let server = await start(options);
  const restart = async (): Promise<void> => {
    server = await startAgain(options);
  };
  return {
    get server() {
      return server;
    },
    crash: async () => {
      const ended = once(server.process, 'exit');
      server.process.kill('SIGKILL');
      await ended;
      await restart();
    },
    restart,
    superuserUrl: Secret.of(server.superuserUrl),
    database: async (service) => {
      const passwords = { owner: 'owner', app: 'app', job: 'job' };
      const urls = await createServiceDatabase({ superuserUrl: server.superuserUrl, service, passwords });
      return {
        ownerUrl: Secret.of(urls.ownerUrl),
        appUrl: Secret.of(urls.appUrl),
        jobUrl: Secret.of(urls.jobUrl),
      };
    },
    stop: async () => {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Its last children hold its shared memory for a moment. */
function startAgain(options: PostgresOptions): Promise<RunningPostgres> {
  return eventually(() => start(options), { deadlineMs: 20_000 });
}

/** The mark of the test run, by which `npm test` finds what a broken test left behind. */
function runMark(): Record<string, string> {
  const run = process.env['PORTCULLIS_RUN_ID'];
  return run === undefined ? {} : { PORTCULLIS_RUN_ID: run };
}
