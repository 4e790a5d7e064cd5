import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createServiceDatabase,
  startPostgres as start,
  type RunningPostgres,
} from '@portcullis/embedded-postgres';
import { Secret } from '@portcullis/contracts';
import { freePort } from './free-port.js';

export interface TestDatabase {
  readonly ownerUrl: Secret;
  readonly appUrl: Secret;
  readonly jobUrl: Secret;
}

export interface TestPostgres {
  readonly server: RunningPostgres;
  readonly superuserUrl: Secret;
  /** Schema and roles of one service, as a set-up gets them. */
  database(service: 'control' | 'vault' | 'audit'): Promise<TestDatabase>;
  stop(): Promise<void>;
}

/** A real PostgreSQL cluster of its own for one test file; takes about five seconds. */
export async function startPostgres(): Promise<TestPostgres> {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-postgres-'));
  const server = await start({
    directory: join(directory, 'cluster'),
    port: await freePort(),
    superuserPassword: 'superuser',
    environment: runMark(),
  });
  return {
    server,
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

/** The mark of the test run, by which `npm test` finds what a broken test left behind. */
function runMark(): Record<string, string> {
  const run = process.env['PORTCULLIS_RUN_ID'];
  return run === undefined ? {} : { PORTCULLIS_RUN_ID: run };
}
