import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { openLog, tailOfLog } from '../processes/log-file.js';
import {
  databaseUrlFile,
  SERVICES_WITH_DATABASE,
  type ServiceWithDatabase,
} from '../postgres/service-databases.js';
import { INSTANCE_VARIABLE } from '../processes/reap-orphans.js';
import { MigrationRecord } from './migration-record.js';
import { programOf } from './program-of.js';
import type { Run } from './service-environment.js';

/**
 * Brings every service's schema up to date with the service's own migration, which alone gets the owner's URL. Each
 * migration is one transaction under a lock, so a run that is killed here leaves nothing half done.
 */
export async function migrateDatabases(run: Run, signal: AbortSignal): Promise<void> {
  await Promise.all(SERVICES_WITH_DATABASE.map((service) => migrate(service, run, signal)));
}

async function migrate(
  service: ServiceWithDatabase,
  { data, installation }: Run,
  signal: AbortSignal,
): Promise<void> {
  const record = new MigrationRecord(data.postgres, service);
  if (record.isUpToDate()) return;
  const logFile = join(data.logs, `${service}-migration.log`);
  const log = openLog(logFile);
  const child = spawn(process.execPath, [programOf(`@portcullis/${service}`, 'migrate.js')], {
    env: {
      NODE_ENV: 'production',
      DATABASE_OWNER_URL_FILE: databaseUrlFile(data, service, 'owner'),
      [INSTANCE_VARIABLE]: installation.id,
    },
    stdio: ['ignore', log, log],
    signal,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, killedBy) => {
        if (code === 0) resolve();
        else
          reject(
            new Error(`The migration of ${service} failed (${killedBy ?? code}):\n${tailOfLog(logFile)}`),
          );
      });
    });
    record.keep();
  } finally {
    closeSync(log);
  }
}
