import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { openLog, tailOfLog } from '../processes/log-file.js';
import {
  databaseUrlFile,
  SERVICES_WITH_DATABASE,
  type ServiceWithDatabase,
} from '../postgres/service-databases.js';
import type { DataDirectory } from '../setup/data-directory.js';
import { programOf } from './program-of.js';

/**
 * Brings every service's schema up to date with the service's own migration, which alone gets the owner's URL. Each
 * migration is one transaction under a lock, so a run that is killed here leaves nothing half done.
 */
export async function migrateDatabases(data: DataDirectory, signal: AbortSignal): Promise<void> {
  await Promise.all(SERVICES_WITH_DATABASE.map((service) => migrate(service, data, signal)));
}

async function migrate(
  service: ServiceWithDatabase,
  data: DataDirectory,
  signal: AbortSignal,
): Promise<void> {
  const logFile = join(data.logs, `${service}-migration.log`);
  const log = openLog(logFile);
  const child = spawn(process.execPath, [programOf(`@portcullis/${service}`, 'migrate.js')], {
    env: { NODE_ENV: 'production', DATABASE_OWNER_URL_FILE: databaseUrlFile(data, service, 'owner') },
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
  } finally {
    closeSync(log);
  }
}
