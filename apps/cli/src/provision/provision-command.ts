import { resolveOwner } from './owner.js';
import { provision, type Provisioned } from './provision.js';

export interface ProvisionArguments {
  host: string;
  user?: string;
}

/** Generates an installation and says what is where. Prints no secret: they are in files. */
export function provisionCommand(directory: string, { host, user }: ProvisionArguments): void {
  const owner = resolveOwner(user, { uid: process.getuid!(), gid: process.getgid!() });
  process.stdout.write(describeProvisioned(provision({ directory, host, owner })));
}

const CONTENTS = [
  [
    'gateway, control, vault, policy, audit',
    'identity, NATS seed, trust bundle, and what else only this service has',
  ],
  ['…-migration', "the URL of the schema's owner, for the one-shot migration only"],
  ['nats', 'configuration: public keys of the users and what each may do'],
  ['postgres', "superuser's password; SQL for schemas and roles, run at the first start"],
  ['kurrentdb', 'certificate and key, passwords of its two built-in users'],
  ['data', 'what PostgreSQL, KurrentDB and Caddy keep: back this up'],
  ['operator', 'mounted by no container: bootstrap token, root key, NATS seed for internal tools'],
  ['compose.env', 'not secret: directory, host, account and root key for docker compose'],
] as const;

export function describeProvisioned({ directory, host, owner }: Provisioned): string {
  const width = Math.max(...CONTENTS.map(([name]) => name.length)) + 2;
  const lines = CONTENTS.map(([name, what]) => `  ${name.padEnd(width)}${what}`);
  return `Made the installation ${host} in ${directory}, for the account ${owner.uid}:${owner.gid}.
Directories are 0700, files 0600. Each container mounts the directory of its own name.

${lines.join('\n')}

Now:
  1. Move operator/installation-root.json to a place that is not online. Whoever has it can make services.
  2. docker compose --env-file ${directory}/compose.env -f infra/docker-compose.yml up -d
  3. Make the first organisation with operator/bootstrap-token: docs/runbooks/deploy.md
`;
}
