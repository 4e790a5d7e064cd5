import { join } from 'node:path';
import { SERVICES_WITH_DATABASE } from '../../postgres/service-databases.js';
import { SERVICES } from '../../setup/trust.js';
import { certificatesCheck } from '../directory/certificates.js';
import { natsUsersCheck } from '../directory/nats-users.js';
import { permissionsCheck } from '../directory/permissions.js';
import { readOwnFile } from '../directory/read-own-file.js';
import { RANDOM_SECRET, secretsCheck, type SecretFile } from '../directory/secrets.js';
import { trustCheck } from '../directory/trust.js';
import { ok, quoted, warn } from '../finding.js';
import type { Check } from '../run-checks.js';
import type { ProvisionedSetting } from './setting.js';

const RESTORE = 'put it back from a backup; provision makes new ones in another directory only';

/** What stays with whoever provisioned: see `provision`. */
const KEPT = ['', 'operator', 'compose.env'];

/** What lies in the directory, looked at without asking any part. */
export function directoryChecks({ root, variables, now }: ProvisionedSetting, caller: number): Check[] {
  const [uid] = (variables['PORTCULLIS_USER'] ?? '').split(':').map(Number);
  const containers = uid === undefined || Number.isNaN(uid) ? caller : uid;
  const files = SERVICES.map((service) => ({
    service,
    bundle: join(root, service, 'trust-bundle.json'),
    identity: join(root, service, 'identity.json'),
  }));
  return [
    permissionsCheck(root, {
      ownerOf: (relative) => (KEPT.includes(relative.split('/')[0] ?? '') ? caller : containers),
      closed: ['data/postgres', 'data/kurrentdb', 'data/caddy', 'data/hashicorp-vault'],
    }),
    secretsCheck(secretFiles(root)),
    rootKeyCheck(root),
    trustCheck(files, async () => variables['PORTCULLIS_ROOT_KEY'], now),
    natsUsersCheck({
      config: join(root, 'nats', 'nats.conf'),
      seedOf: (user) =>
        join(root, ...(user === 'tool' ? ['operator', 'tool-nats.seed'] : [user, 'nats.seed'])),
      mend: { seed: RESTORE, config: `${RESTORE}; after an upgrade provision with the new version` },
    }),
    certificatesCheck(certificates(root), now),
  ];
}

const DATABASE_URL = /^postgres:\/\/[a-z]+_(app|job|owner):[\w-]{43}@[^/]+\/portcullis\?sslmode=verify-full&/;
const EVENT_STORE_URL = /^esdb:\/\/[^:]+:[\w-]{43}@[^?]+\?tls=true&tlsCAFile=/;

function secretFiles(root: string): SecretFile[] {
  const file = (name: string, form: RegExp): SecretFile => ({
    ...{ name, form, path: join(root, name), mend: RESTORE },
  });
  return [
    ...['vault/root-secret', 'policy/client-key', 'control/bootstrap-token.sha256'].map((name) =>
      file(name, RANDOM_SECRET),
    ),
    ...['postgres/superuser-password', 'kurrentdb/admin-password', 'kurrentdb/ops-password'].map((name) =>
      file(name, RANDOM_SECRET),
    ),
    ...SERVICES_WITH_DATABASE.flatMap((service) => [
      file(`${service}/database-url`, DATABASE_URL),
      file(`${service}/database-job-url`, DATABASE_URL),
      file(`${service}-migration/database-owner-url`, DATABASE_URL),
    ]),
    ...['policy', 'audit'].map((service) => file(`${service}/eventstore-url`, EVENT_STORE_URL)),
  ];
}

/** Whoever has it can make services that the others believe. */
function rootKeyCheck(root: string): Check {
  const path = join(root, 'operator', 'installation-root.json');
  return {
    id: 'root-key',
    run: async () =>
      (await readOwnFile(path)) === undefined
        ? [ok("the installation's root key is not on this machine")]
        : [
            warn(
              "the installation's root key is still here",
              `move ${quoted(path)} to a place that is not online`,
            ),
          ],
  };
}

function certificates(root: string) {
  const authorityPath = join(root, 'operator', 'internal-ca.crt');
  const files = {
    KurrentDB: 'kurrentdb/node.crt',
    NATS: 'nats/server.crt',
    PostgreSQL: 'postgres/server.crt',
    'policy (gRPC)': 'policy/grpc.crt',
    'HashiCorp Vault': 'hashicorp-vault/server.crt',
  };
  const mend =
    'there is no command yet that renews it: provision anew and move the data, or issue one yourself';
  return Object.entries(files).map(([name, file]) => ({ name, path: join(root, file), authorityPath, mend }));
}
