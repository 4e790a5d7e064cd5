import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createAuthority, type Authority } from './certificates/authority.js';
import { composeEnvironment } from './compose-environment.js';
import {
  databaseScript,
  DATABASE_ROLES,
  databaseUrl,
  HOST_RULES,
  type DatabaseRole,
} from './database-script.js';
import { InstallationFiles, removeEmptied } from './installation-files.js';
import { deployedNatsConfig } from './nats-config.js';
import { giveTo, type Owner } from './owner.js';
import { ensureNatsUsers, natsSeedFile } from '../nats/nats-users.js';
import {
  databasePasswordName,
  SERVICES_WITH_DATABASE,
  type ServiceWithDatabase,
} from '../postgres/service-databases.js';
import { openDataDirectory, type DataDirectory } from '../setup/data-directory.js';
import { completeInstallation, installationId, type Installation } from '../setup/installation.js';
import { readSecret, secretFile } from '../setup/secrets.js';
import { SERVICES } from '../setup/trust.js';

export interface ProvisionOptions {
  /** Made here, or empty. */
  directory: string;
  /** DNS name under which people and AI clients reach the installation. */
  host: string;
  owner: Owner;
}

export interface Provisioned {
  directory: string;
  host: string;
  owner: Owner;
  /** The installation root's public key, base64url. */
  rootKey: string;
}

/** Where a container finds the directory of its part. */
const MOUNT = '/run/portcullis';

/** Directory of what no container mounts. */
const OPERATOR = 'operator';

/** The authority's certificate, in the directory of whoever calls a store. */
const AUTHORITY_FILE = 'internal-ca.crt';

const YEARS_VALID = 5;
/** The machine that generates may be a little ahead of those that check. */
const BACKDATED_MS = 3_600_000;

/**
 * Generates everything that a deployed installation needs, all or nothing: it is made beside the directory and takes its
 * name in one step. Never touches what is there already; run it again elsewhere for new keys.
 */
export function provision(options: ProvisionOptions): Provisioned {
  const { host, owner } = options;
  const directory = resolve(options.directory);
  assertHostName(host);
  assertNothingThere(directory);
  mkdirSync(dirname(directory), { recursive: true });
  const draft = mkdtempSync(`${directory}.draft-`);
  try {
    const staging = join(draft, 'staging');
    const data = openDataDirectory(staging);
    const installation = completeInstallation(data, installationId(data));
    const { rootPublicKey: rootKey } = installation.trust;
    const files = new InstallationFiles(draft);
    layOutParts(files, data, installation);
    layOutStores(files, data);
    removeEmptied(staging);
    files.write('compose.env', composeEnvironment({ directory, host, owner, rootKey }));
    giveParts(draft, owner);
    renameSync(draft, directory);
    return { directory, host, owner, rootKey };
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

/**
 * To the containers' account goes what containers mount. The rest, and the directory around all of it, stays the
 * caller's: where that is root, a process that breaks out of its container can't enter.
 */
function giveParts(root: string, owner: Owner): void {
  if (process.getuid!() !== 0) return;
  const parts = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of parts) if (name !== OPERATOR) giveTo(owner, join(root, name));
}

/** Its own secrets for each service, and what belongs to the operator and to no container. */
function layOutParts(files: InstallationFiles, data: DataDirectory, installation: Installation): void {
  const users = ensureNatsUsers(data);
  for (const service of SERVICES) {
    files.take(installation.trust.identity(service), `${service}/identity.json`);
    files.take(natsSeedFile(data, service), `${service}/nats.seed`);
    files.copy(installation.trust.bundle, `${service}/trust-bundle.json`);
  }
  files.take(secretFile(data, 'vault-root'), 'vault/root-secret');
  files.take(secretFile(data, 'policy-client-root'), 'policy/client-key');
  files.take(installation.bootstrapTokenHashFile, 'control/bootstrap-token.sha256');
  files.write('nats/nats.conf', deployedNatsConfig(users, MOUNT));
  files.take(secretFile(data, 'bootstrap-token'), `${OPERATOR}/bootstrap-token`);
  files.take(data.file('keys', 'installation-root.json'), `${OPERATOR}/installation-root.json`);
  files.take(installation.trust.bundle, `${OPERATOR}/trust-bundle.json`);
  files.take(data.file('root', 'installation.json'), `${OPERATOR}/installation.json`);
  files.take(natsSeedFile(data, 'tool'), `${OPERATOR}/tool-nats.seed`);
  files.directory('data/caddy');
}

function layOutStores(files: InstallationFiles, data: DataDirectory): void {
  const authority = createAuthority('Portcullis installation', validity());
  files.write(`${OPERATOR}/${AUTHORITY_FILE}`, authority.certificate);
  layOutPostgres(files, data);
  layOutEventStore(files);
  layOutCertificates(files, authority);
  files.directory('data/hashicorp-vault');
}

function validity(): { notBefore: Date; notAfter: Date } {
  const notBefore = new Date(Date.now() - BACKDATED_MS);
  const notAfter = new Date(notBefore);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + YEARS_VALID);
  return { notBefore, notAfter };
}

function layOutPostgres(files: InstallationFiles, data: DataDirectory): void {
  const passwordOf = (service: ServiceWithDatabase, role: DatabaseRole): string =>
    readSecret(data, databasePasswordName(service, role));
  files.write('postgres/init/10-portcullis.sql', databaseScript(SERVICES_WITH_DATABASE, passwordOf));
  files.write('postgres/pg_hba.conf', HOST_RULES);
  files.take(secretFile(data, 'postgres-superuser'), 'postgres/superuser-password');
  files.directory('data/postgres');
  for (const service of SERVICES_WITH_DATABASE) {
    const url = (role: DatabaseRole): string =>
      databaseUrl({ service, role, password: passwordOf(service, role) }, `${MOUNT}/${AUTHORITY_FILE}`);
    files.write(`${service}/database-url`, url('app'));
    files.write(`${service}/database-job-url`, url('job'));
    // The owner of the schema: for the migration's container, never for the service's.
    files.write(`${service}-migration/database-owner-url`, url('owner'));
    for (const role of DATABASE_ROLES) rmSync(secretFile(data, databasePasswordName(service, role)));
  }
}

function layOutEventStore(files: InstallationFiles): void {
  const password = randomBytes(32).toString('base64url');
  files.write('kurrentdb/admin-password', password);
  files.write('kurrentdb/ops-password', randomBytes(32).toString('base64url'));
  files.directory('data/kurrentdb');
  const pinned = encodeURIComponent(`${MOUNT}/${AUTHORITY_FILE}`);
  for (const service of ['policy', 'audit'])
    files.write(
      `${service}/eventstore-url`,
      `esdb://admin:${password}@kurrentdb:2113?tls=true&tlsCAFile=${pinned}`,
    );
}

/** Whatever listens gets a certificate for its name, and whoever calls it the authority's to check it by. */
function layOutCertificates(files: InstallationFiles, authority: Authority): void {
  const issue = (commonName: string, names: string[], file: string): void => {
    const { certificate, key } = authority.issue(commonName, names);
    files.write(`${file}.crt`, certificate);
    files.write(`${file}.key`, key);
  };
  issue('kurrentdb-node', ['kurrentdb', 'localhost'], 'kurrentdb/node');
  issue('nats', ['nats', 'localhost'], 'nats/server');
  issue('postgres', ['postgres', 'localhost'], 'postgres/server');
  issue('hashicorp-vault', ['hashicorp-vault', 'localhost'], 'hashicorp-vault/server');
  issue('policy', ['policy'], 'policy/grpc');
  files.write('kurrentdb/ca/ca.crt', authority.certificate);
  files.write('hashicorp-vault/ca.crt', authority.certificate);
  const callers = [...SERVICES, ...SERVICES_WITH_DATABASE.map((service) => `${service}-migration`)];
  for (const caller of callers) files.write(`${caller}/${AUTHORITY_FILE}`, authority.certificate);
}

function assertHostName(host: string): void {
  const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
  // Certificates are issued for names; an address would leave clients without one they trust.
  const isName = new RegExp(`^(${label}\\.)*${label}$`).test(host) && !/(^|\.)\d+$/.test(host);
  if (host.length > 253 || !isName)
    throw new Error(`"${host}" is not a host name: give it in lower case, without scheme, port or path`);
}

function assertNothingThere(directory: string): void {
  let entries: string[];
  try {
    entries = readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (entries.length > 0) {
    throw new Error(`${directory} is not empty, and nothing is ever overwritten; name a new directory`);
  }
}
