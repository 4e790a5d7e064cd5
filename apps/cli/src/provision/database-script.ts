import type { ServiceWithDatabase } from '../postgres/service-databases.js';
import { scramVerifier } from './scram-verifier.js';

export const DATABASE = 'portcullis';
export const DATABASE_ROLES = ['owner', 'app', 'job'] as const;
export type DatabaseRole = (typeof DATABASE_ROLES)[number];

export type PasswordOf = (service: ServiceWithDatabase, role: DatabaseRole) => string;

/** No more than `createServiceDatabase` of the embedded shape gives; a test compares what the two leave behind. */
const ATTRIBUTES = 'LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION';

export interface DatabaseLogin {
  service: ServiceWithDatabase;
  role: DatabaseRole;
  password: string;
}

/** Connection URL inside the network of the containers: TLS only, with a certificate of this authority for this host. */
export const databaseUrl = ({ service, role, password }: DatabaseLogin, authorityFile: string): string =>
  `postgres://${service}_${role}:${password}@postgres:5432/${DATABASE}` +
  `?sslmode=verify-full&sslrootcert=${encodeURIComponent(authorityFile)}`;

/**
 * SQL that makes schema and roles of every service. For the superuser, once, in the database `portcullis`. It holds
 * verifiers of the passwords and not the passwords, so reading it or PostgreSQL's log of it lets nobody in.
 */
export function databaseScript(services: readonly ServiceWithDatabase[], passwordOf: PasswordOf): string {
  const statements = [
    `REVOKE ALL ON DATABASE ${DATABASE} FROM PUBLIC`,
    'REVOKE ALL ON SCHEMA public FROM PUBLIC',
    ...services.flatMap((service) => serviceStatements(service, passwordOf)),
  ];
  return `${statements.map((statement) => `${statement};`).join('\n')}\n`;
}

function serviceStatements(service: ServiceWithDatabase, passwordOf: PasswordOf): string[] {
  const roles = DATABASE_ROLES.flatMap((role) => [
    `CREATE ROLE ${service}_${role} ${ATTRIBUTES} PASSWORD '${scramVerifier(passwordOf(service, role))}'`,
    `GRANT CONNECT ON DATABASE ${DATABASE} TO ${service}_${role}`,
  ]);
  return [
    ...roles,
    `CREATE SCHEMA ${service} AUTHORIZATION ${service}_owner`,
    `GRANT USAGE ON SCHEMA ${service} TO ${service}_app, ${service}_job`,
  ];
}

/**
 * Who may log in from where (`pg_hba.conf`): by password, and over the network with TLS only. The socket is for the
 * container's own set-up.
 */
export const HOST_RULES = 'local all all scram-sha-256\nhostssl all all all scram-sha-256\n';
