import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';

export const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
export const COMPOSE_FILE = join(REPOSITORY, 'infra/docker-compose.yml');

export interface Mount {
  type: string;
  source: string;
  target: string;
  read_only?: boolean;
  bind?: { create_host_path?: boolean };
}

/** What is looked at of a service in the compose file. */
export interface ComposeService {
  image: string;
  build?: { context: string; dockerfile: string; target: string };
  command?: string[];
  entrypoint?: string[];
  user?: string;
  read_only?: boolean;
  privileged?: boolean;
  cap_drop?: string[];
  cap_add?: string[];
  security_opt?: string[];
  restart?: string;
  network_mode?: string;
  /** By name, or with what is special about it there. */
  networks: string[] | Record<string, { ipv4_address?: string }>;
  ports?: string[];
  environment?: Record<string, string>;
  env_file?: unknown;
  tmpfs?: string[];
  volumes?: Mount[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test?: string[]; disable?: boolean };
  container_name?: string;
  profiles?: string[];
  deploy?: { replicas?: number; resources?: { limits?: { cpus?: string; memory?: string; pids?: number } } };
}

export interface ComposeFile {
  services: Record<string, ComposeService>;
  networks: Record<string, { internal?: boolean; ipam?: { config: { subnet: string }[] } }>;
}

/** The file as `docker compose` sees it with these variables: anchors merged, `${…}` replaced. Throws on a missing one. */
export function readCompose(variables: Record<string, string>): ComposeFile {
  const document: unknown = parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true });
  return replaced(document, variables) as ComposeFile;
}

export const readVariables = (directory: string): Record<string, string> =>
  parseEnv(readFileSync(join(directory, 'compose.env'), 'utf8')) as Record<string, string>;

function replaced(value: unknown, variables: Record<string, string>): unknown {
  if (typeof value === 'string') return interpolate(value, variables);
  if (Array.isArray(value)) return value.map((item) => replaced(item, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, variables)]));
}

/** The three forms that the file uses: `${X}`, `${X:-default}`, `${X:?message}`. Anything else with a `$` is refused. */
function interpolate(text: string, variables: Record<string, string>): string {
  return text.replaceAll(/\$(\{(\w+)(?::([-?])([^}]*))?\})?/g, (whole, ...[, name, kind, rest]) => {
    if (name === undefined) throw new Error(`"${text}" holds a $ that is no variable`);
    const value = variables[name as string] ?? '';
    if (value !== '') return value;
    if (kind === '-') return rest as string;
    throw new Error(`${name as string} is not set: ${whole}`);
  });
}

/** Paths inside the container that begin with a mount's target, as paths of this machine. */
export function outside(service: ComposeService, path: string): string {
  const mount = service.volumes?.find(({ target }) => path === target || path.startsWith(`${target}/`));
  return mount === undefined ? path : mount.source + path.slice(mount.target.length);
}

/** The environment of a container, with every mounted path as a path of this machine. */
export const environmentOutside = (service: ComposeService): Record<string, string> =>
  Object.fromEntries(
    Object.entries(service.environment ?? {}).map(([name, value]) => [name, outside(service, value)]),
  );

/** `vault` and `vault-migration` are of the service `vault`; stores and the proxy are of none. */
export const ownServices = ({ services }: ComposeFile): [string, ComposeService][] =>
  Object.entries(services).filter(([, service]) => service.build !== undefined);

export const networksOf = ({ networks }: ComposeService): string[] =>
  Array.isArray(networks) ? networks : Object.keys(networks);

export const isMigration = (name: string): boolean => name.endsWith('-migration');

export const packageOf = (service: ComposeService): string => basename(service.build!.target);
