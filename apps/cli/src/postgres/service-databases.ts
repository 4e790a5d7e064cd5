import { createServiceDatabase } from '@portcullis/embedded-postgres';
import type { DataDirectory } from '../setup/data-directory.js';
import { writeFileAtomically } from '../setup/private-files.js';
import { readSecret } from '../setup/secrets.js';

export const SERVICES_WITH_DATABASE = ['control', 'vault', 'audit'] as const;
export type ServiceWithDatabase = (typeof SERVICES_WITH_DATABASE)[number];

const ROLES = ['owner', 'app', 'job'] as const;
type Role = (typeof ROLES)[number];

/** File with the connection URL of a service's role. The owner's is for the migration only. */
export const databaseUrlFile = (data: DataDirectory, service: ServiceWithDatabase, role: Role): string =>
  data.file('secrets', `${service}-${role}-url`);

export const databasePasswordName = (service: ServiceWithDatabase, role: Role): string =>
  `${service}-${role}-password`;

/** Makes schema and roles of every service and writes the URL files, which hold this run's port. */
export async function ensureServiceDatabases(data: DataDirectory, port: number): Promise<void> {
  const superuser = encodeURIComponent(readSecret(data, 'postgres-superuser'));
  const superuserUrl = `postgres://postgres:${superuser}@127.0.0.1:${port}/postgres`;
  for (const service of SERVICES_WITH_DATABASE) {
    const password = (role: Role): string => readSecret(data, databasePasswordName(service, role));
    const passwords = { owner: password('owner'), app: password('app'), job: password('job') };
    const urls = await createServiceDatabase({ superuserUrl, service, passwords });
    for (const role of ROLES) writeFileAtomically(databaseUrlFile(data, service, role), urls[`${role}Url`]);
  }
}
