export { installedPostgres } from './binaries.js';
export { createServiceDatabase, type ServiceDatabase } from './service-database.js';
export { startPostgres, type PostgresOptions, type RunningPostgres } from './server.js';
