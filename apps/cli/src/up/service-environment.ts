import { natsSeedFile } from '../nats/nats-users.js';
import { databaseUrlFile, type ServiceWithDatabase } from '../postgres/service-databases.js';
import type { DataDirectory } from '../setup/data-directory.js';
import type { Installation } from '../setup/installation.js';
import { secretFile } from '../setup/secrets.js';
import type { EmbeddedService } from '../setup/trust.js';
import type { Ports } from './ports.js';

export interface Run {
  data: DataDirectory;
  installation: Installation;
  ports: Ports;
  /** Variables that the operator set for single services. */
  tuning: Record<string, Record<string, string>>;
  /** Variables of OpenTelemetry, for all services. */
  tracing: Record<string, string>;
  /** How many of a service run, where it is more than one. */
  replicas: Partial<Record<EmbeddedService, number>>;
}

type Environment = Record<string, string>;

export const eventStoreUrlFile = (data: DataDirectory): string => data.file('secrets', 'eventstore-url');

/**
 * The whole environment of a service. Secrets are in files: an environment can be read by whoever may inspect a process.
 * What this installation decides (addresses, keys) can't be tuned away, only the gateway's exemptions be added to.
 */
export function serviceEnvironment(service: EmbeddedService, run: Run): Environment {
  return {
    ...DEFAULTS,
    ...run.tracing,
    ...run.tuning[service],
    ...commonTo(service, run),
    ...OWN[service](run),
  };
}

/** Of a further replica: all the same, but at ports of its own, which its ready line says. */
export const replicaEnvironment = (service: EmbeddedService, run: Run): Environment => ({
  ...serviceEnvironment(service, run),
  HTTP_PORT: '0',
  ...(service === 'policy' ? { GRPC_PORT: '0', AUTHZEN_PORT: '0' } : {}),
});

const DEFAULTS: Environment = { LOG_LEVEL: 'info' };

const OWN: Record<EmbeddedService, (run: Run) => Environment> = {
  gateway: ({ ports, tuning }) => ({
    HTTP_PORT: String(ports.mcp),
    ALLOWED_HOSTS: `127.0.0.1:${ports.mcp},localhost:${ports.mcp}`,
    EGRESS_ALLOW: exemptions(ports, tuning),
  }),
  control: ({ data, installation, ports }) => ({
    HTTP_PORT: String(ports.admin),
    BOOTSTRAP_TOKEN_HASH_FILE: installation.bootstrapTokenHashFile,
    ...databaseOf('control', data),
  }),
  vault: ({ data, ports }) => ({
    HTTP_PORT: String(ports.vaultHealth),
    VAULT_ROOT_SECRET_FILE: secretFile(data, 'vault-root'),
    ...databaseOf('vault', data),
  }),
  policy: ({ data, ports }) => ({
    HTTP_PORT: String(ports.policyHealth),
    GRPC_PORT: String(ports.policyGrpc),
    AUTHZEN_PORT: String(ports.policyAuthzen),
    POLICY_CLIENT_KEY_FILE: secretFile(data, 'policy-client-root'),
    EVENTSTORE_URL_FILE: eventStoreUrlFile(data),
  }),
  audit: ({ data, ports }) => ({
    HTTP_PORT: String(ports.auditHealth),
    EVENTSTORE_URL_FILE: eventStoreUrlFile(data),
    ...databaseOf('audit', data),
  }),
};

/** Exactly the two sample upstreams that this run starts, and the `host:port` pairs that the operator named. */
const exemptions = ({ notes, everything }: Ports, tuning: Run['tuning']): string =>
  [`127.0.0.1:${notes}`, `127.0.0.1:${everything}`, tuning['gateway']?.['EGRESS_ALLOW'] ?? []]
    .flat()
    .join(',');

function commonTo(service: EmbeddedService, { data, installation, ports }: Run): Environment {
  const { bundle, rootPublicKey, identity } = installation.trust;
  return {
    NODE_ENV: 'production',
    HTTP_HOST: '127.0.0.1',
    NATS_URL: `nats://127.0.0.1:${ports.nats}`,
    NATS_NKEY_SEED_FILE: natsSeedFile(data, service),
    TRUST_BUNDLE_FILE: bundle,
    TRUST_ROOT_KEYS: rootPublicKey,
    IDENTITY_FILE: identity(service),
  };
}

function databaseOf(service: ServiceWithDatabase, data: DataDirectory): Environment {
  return {
    DATABASE_URL_FILE: databaseUrlFile(data, service, 'app'),
    DATABASE_JOB_URL_FILE: databaseUrlFile(data, service, 'job'),
  };
}
