import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { BlockList } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { verifies } from '../../../../tools/verifies.js';
import { resolveOwner } from '../../src/provision/owner.js';
import { provision } from '../../src/provision/provision.js';
import { SERVICES } from '../../src/setup/trust.js';
import {
  COMPOSE_FILE,
  environmentOutside,
  isMigration,
  networksOf,
  outside,
  ownServices,
  packageOf,
  readCompose,
  readVariables,
  REPOSITORY,
  type ComposeFile,
  type ComposeService,
} from './compose-file.js';
import { parseConfigOf } from './parse-config.js';

const HOST = 'mcp.example.com';
const dockerfile = readFileSync(join(REPOSITORY, 'infra/Dockerfile'), 'utf8');
const caddyfile = readFileSync(join(REPOSITORY, 'infra/caddy/Caddyfile'), 'utf8');

let root: string;
let directory: string;
let file: ComposeFile;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-compose-'));
  directory = join(root, 'installation');
  const owner = resolveOwner(undefined, { uid: process.getuid!(), gid: process.getgid!() });
  provision({ directory, host: HOST, owner });
  file = readCompose(readVariables(directory));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

const all = (): [string, ComposeService][] => Object.entries(file.services);
const programOf = (service: ComposeService): 'main' | 'migrate' =>
  basename(service.command!.at(-1)!, '.js') as 'main' | 'migrate';
/** Everybody that is alike in this respect: an empty list. */
const except = (holds: (service: ComposeService, name: string) => boolean): string[] =>
  all().flatMap(([name, service]) => (holds(service, name) ? [] : [name]));

describe('what there is', () => {
  it('has every service of the product, its stores and the proxy', () => {
    verifies('C1');
    const names = [
      ...SERVICES,
      ...SERVICES.map((name) => `${name}-migration`),
      'nats',
      'postgres',
      'kurrentdb',
      'hashicorp-vault',
    ];
    const migrated = names.filter((name) => !['gateway-migration', 'policy-migration'].includes(name));
    expect(Object.keys(file.services).sort()).toEqual([...migrated, 'caddy'].sort());
  });

  it('needs what provisioning writes, and nothing else', () => {
    expect(() => readCompose({})).toThrow('is not set');
    const asked = readFileSync(COMPOSE_FILE, 'utf8').matchAll(/\$\{(\w+):\?/g);
    const needed = new Set([...asked].map(([, name]) => name!));
    expect([...needed].sort()).toEqual(Object.keys(readVariables(directory)).sort());
  });
});

describe('configuration', () => {
  it('gives every service a configuration that it starts with, and no variable that it does not know', () => {
    for (const [name, service] of ownServices(file)) {
      const given = environmentOutside(service);
      const { known, problem } = parseConfigOf(packageOf(service), programOf(service), given);
      expect([name, problem]).toEqual([name, null]);
      expect([name, Object.keys(given).filter((variable) => !known.includes(variable))]).toEqual([name, []]);
    }
  });

  it('would be told of each file and address that is not given', () => {
    for (const [name, service] of ownServices(file)) {
      const { problem } = parseConfigOf(packageOf(service), programOf(service), {});
      const required = [...problem!.matchAll(/(\w+): is required/g)].map(([, variable]) => variable!);
      const optional = [
        ...['BOOTSTRAP_TOKEN_HASH_FILE', 'GRPC_TLS_CERT_FILE', 'GRPC_TLS_KEY_FILE', 'NATS_CA_FILE'],
        ...['AUTHZEN_BASE_URL', 'AUTHZEN_TLS_CERT_FILE', 'AUTHZEN_TLS_KEY_FILE'],
      ];
      const given = Object.keys(service.environment!).filter((variable) =>
        /_FILE$|_URL$|_KEYS$/.test(variable),
      );
      expect([name, required.sort()]).toEqual([
        name,
        given.filter((variable) => !optional.includes(variable)).sort(),
      ]);
    }
  });

  it('starts programs that the build makes, as the image does', () => {
    for (const [name, service] of ownServices(file)) {
      const [program, path] = service.command!;
      expect([name, program]).toEqual([name, 'node']);
      expect([name, existsSync(join(REPOSITORY, path!))]).toEqual([name, true]);
      if (!isMigration(name))
        expect(dockerfile).toContain(`CMD ${JSON.stringify(service.command).replaceAll(',', ', ')}`);
    }
  });

  it('builds each image from a target of its own, which has that service and no other', () => {
    for (const [, service] of ownServices(file)) {
      const target = packageOf(service);
      expect(existsSync(join(REPOSITORY, 'infra', service.build!.context, service.build!.dockerfile))).toBe(
        true,
      );
      expect(dockerfile).toContain(`FROM runtime AS ${target}\nCOPY --from=${target}-files /out ./\n`);
      expect(dockerfile).toContain(
        `FROM build AS ${target}-files\nRUN sh infra/assemble.sh ${target} /out\n`,
      );
    }
  });

  it('starts what no service uses yet only when it is asked to', () => {
    const optional = all().filter(([, { profiles }]) => profiles !== undefined);
    expect(optional.map(([name, { profiles }]) => [name, profiles])).toEqual([
      ['hashicorp-vault', ['transit']],
    ]);
    const waited = all().flatMap(([, service]) => Object.keys(service.depends_on ?? {}));
    for (const [name] of optional) expect(waited).not.toContain(name);
  });

  it('shows metrics of the services with a public face on a port of their own, which Caddy does not know', () => {
    for (const name of ['gateway', 'control']) {
      const { OPERATIONS_HOST: host, OPERATIONS_PORT: port } = file.services[name]!.environment!;
      expect([host, port]).toEqual(['0.0.0.0', '9464']);
    }
    expect(caddyfile).not.toContain('9464');
  });

  it('asks each service for its readiness where it listens', () => {
    for (const [name, { environment, healthcheck }] of ownServices(file)) {
      if (isMigration(name)) continue;
      expect([environment!['HTTP_HOST'], environment!['HTTP_PORT']]).toEqual(['0.0.0.0', '8080']);
      expect(healthcheck!.test!.at(-1)).toBe('http://127.0.0.1:8080/health/ready');
    }
  });

  it('waits for migrations to be done and for stores to be healthy', () => {
    for (const [name, service] of ownServices(file)) {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(Object.keys(file.services)).toContain(other);
        const wanted = isMigration(other) ? 'service_completed_successfully' : 'service_healthy';
        expect([name, other, condition]).toEqual([name, other, wanted]);
      }
      const needsDatabase = Object.keys(service.environment!).includes('DATABASE_URL_FILE');
      expect(Object.keys(service.depends_on!).includes(`${name}-migration`)).toBe(needsDatabase);
    }
  });
});

describe('containers', () => {
  it('are not root, cannot write to their images, and have no capability and no way to get one', () => {
    verifies('G5');
    expect(except(({ user }) => /^[1-9]\d*:[1-9]\d*$/.test(user ?? ''))).toEqual([]);
    expect(except(({ read_only }) => read_only === true)).toEqual([]);
    expect(except(({ cap_drop }) => cap_drop?.join() === 'ALL')).toEqual([]);
    expect(except(({ cap_add }, name) => cap_add === undefined || name === 'caddy')).toEqual([]);
    expect(file.services['caddy']!.cap_add).toEqual(['NET_BIND_SERVICE']);
    expect(except(({ security_opt }) => security_opt?.includes('no-new-privileges:true') === true)).toEqual(
      [],
    );
    expect(except(({ privileged, network_mode }) => !privileged && network_mode === undefined)).toEqual([]);
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
    expect(dockerfile).not.toMatch(/^USER (root|0)/m);
  });

  it('have limits of processor, memory and processes', () => {
    verifies('G5');
    const limits = ({ deploy }: ComposeService) => deploy?.resources?.limits;
    expect(except((service) => Number(limits(service)?.cpus) > 0)).toEqual([]);
    expect(except((service) => /^\d+[MG]$/.test(limits(service)?.memory ?? ''))).toEqual([]);
    expect(except((service) => (limits(service)?.pids ?? 0) > 0)).toEqual([]);
    expect(except(({ tmpfs }) => tmpfs!.every((entry) => /:size=\d+m$/.test(entry)))).toEqual([]);
  });

  it('have a health check if they are to stay, and none if they are to end', () => {
    expect(
      except(({ healthcheck }, name) => isMigration(name) !== (healthcheck?.test?.[0] === 'CMD')),
    ).toEqual([]);
    expect(except(({ restart }, name) => restart === (isMigration(name) ? 'no' : 'unless-stopped'))).toEqual(
      [],
    );
  });

  it('come from images of one exact version', () => {
    const given = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile)![1]!;
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) =>
      image === '${NODE_IMAGE}' ? given : image!,
    );
    const stages = [...dockerfile.matchAll(/ AS (\S+)$/gm)].map(([, stage]) => stage!);
    const images = [
      ...all().map(([, { image }]) => image),
      ...bases.filter((base) => !stages.includes(base)),
    ];
    for (const image of images) expect(image).toMatch(/^[a-z/]+:\d+\.\d+(\.\d+)?(-[a-z]+)*$/);
  });

  it('are built of what is there and goes into the build', () => {
    const ignored = readFileSync(join(REPOSITORY, 'infra/Dockerfile.dockerignore'), 'utf8').split('\n');
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(\S+) /gm)].map(([, source]) => source!);
    const run = [...dockerfile.matchAll(/^RUN sh (\S+)/gm)].map(([, script]) => script!);
    for (const path of [...copied.filter((source) => source !== '.'), ...run]) {
      expect([path, existsSync(join(REPOSITORY, path))]).toEqual([path, true]);
      expect(ignored).toContain(`!${path}`);
    }
    for (const kept of ignored.filter((line) => line.startsWith('!')))
      expect([kept, existsSync(join(REPOSITORY, kept.slice(1)))]).toEqual([kept, true]);
    // Whatever is not named stays out: a data directory in the checkout above all.
    expect(ignored.find((line) => line !== '' && !line.startsWith('#'))).toBe('*');
  });

  it('say by themselves whether they can serve, also where no compose file asks', () => {
    const asked = /^HEALTHCHECK .*\\\n +CMD (\[.*\])$/m.exec(dockerfile)![1]!;
    const { test } = file.services['gateway']!.healthcheck!;
    expect(['CMD', ...(JSON.parse(asked) as string[])]).toEqual(test);
  });

  it('can be many of one service: none has a name or a port of the machine to itself, and Caddy asks for all', () => {
    expect(except(({ container_name }) => container_name === undefined)).toEqual([]);
    expect(except(({ ports }, name) => ports === undefined || name === 'caddy')).toEqual([]);
    for (const name of ['gateway', 'control']) {
      expect([name, file.services[name]!.deploy!.replicas]).toEqual([name, 2]);
      expect(caddyfile).toMatch(new RegExp(`dynamic a \\{\\s+name ${name}\\s`));
    }
  });

  it('own what they mount: files of an installation belong to the account that they run as', () => {
    const { PORTCULLIS_USER } = readVariables(directory);
    const [uid] = PORTCULLIS_USER!.split(':').map(Number);
    for (const [name, { user, volumes }] of all()) {
      expect([name, user]).toEqual([name, PORTCULLIS_USER]);
      const mounted = volumes!.filter(({ source }) => source.startsWith(directory));
      for (const { source } of mounted) expect([source, lstatSync(source).uid]).toEqual([source, uid]);
    }
  });

  it('hold of the installation the directory of their own name, for reading', () => {
    for (const [name, service] of all()) {
      for (const mount of service.volumes!) {
        const where = mount.source.replace(directory, '');
        if (!mount.source.startsWith(directory)) {
          expect([name, mount.read_only]).toEqual([name, true]);
          expect(lstatSync(join(REPOSITORY, 'infra', mount.source)).isFile()).toBe(true);
          continue;
        }
        const isData = where === `/data/${name}`;
        expect([name, where.split('/')[isData ? 2 : 1], mount.read_only === true]).toEqual([
          name,
          name,
          !isData,
        ]);
        expect([where, lstatSync(mount.source).isDirectory()]).toEqual([where, true]);
        // A directory that Docker makes by itself would be root's, and empty where secrets should be.
        expect([where, mount.bind?.create_host_path]).toEqual([where, false]);
      }
    }
  });

  it('reach only whom they have to: the database and the event store from their services, the outside from two', () => {
    const members = (network: string): string[] =>
      all()
        .flatMap(([name, service]) => (networksOf(service).includes(network) ? [name] : []))
        .sort();
    const migrations = ['audit-migration', 'control-migration', 'vault-migration'];
    expect(members('database')).toEqual([...migrations, 'audit', 'control', 'postgres', 'vault'].sort());
    expect(members('events')).toEqual(['audit', 'kurrentdb', 'policy']);
    expect(members('broker')).toEqual([...SERVICES, 'nats'].sort());
    expect(members('keys')).toEqual(['hashicorp-vault', 'vault']);
    expect(members('edge')).toEqual(['caddy', 'control', 'gateway']);
    const leading = Object.keys(file.networks).filter((name) => file.networks[name]!.internal !== true);
    expect(leading.flatMap((name) => members(name).map((member) => [name, member]))).toEqual([
      ['public', 'caddy'],
      ['outside', 'gateway'],
    ]);
    expect(except(({ ports }, name) => ports === undefined || name === 'caddy')).toEqual([]);
  });
});

describe('the address of a client', () => {
  it('is believed of Caddy, which has a fixed one in a network of its own, and of nobody else', () => {
    const { networks } = file.services['caddy']!;
    const own = (networks as Record<string, { ipv4_address?: string }>)['edge']!.ipv4_address!;
    const [{ subnet }] = file.networks['edge']!.ipam!.config as [{ subnet: string }];
    const [base, length] = subnet.split('/') as [string, string];
    const range = new BlockList();
    range.addSubnet(base, Number(length));
    expect(range.check(own)).toBe(true);
    const believed = all().flatMap(([name, { environment }]) =>
      environment?.['TRUSTED_PROXIES'] === undefined ? [] : [[name, environment['TRUSTED_PROXIES']]],
    );
    expect(believed).toEqual([
      ['gateway', own],
      ['control', own],
    ]);
    // Otherwise Caddy would pass on what clients say of themselves.
    expect(caddyfile).not.toMatch(/trusted_proxies|X-Forwarded-For/i);
  });
});

describe('secrets', () => {
  it('are files: no variable holds one, and none has a default', () => {
    const text = readFileSync(COMPOSE_FILE, 'utf8');
    const notSecret = ['NATS_URL', 'TRUST_ROOT_KEYS', 'AUTHZEN_BASE_URL'];
    for (const [name, { environment, env_file }] of all()) {
      const suspicious = Object.keys(environment ?? {}).filter(
        (variable) => /PASSWORD|SECRET|TOKEN|KEY|SEED|URL/.test(variable) && !/_FILE$/.test(variable),
      );
      expect([name, suspicious.filter((variable) => !notSecret.includes(variable))]).toEqual([name, []]);
      expect([name, env_file]).toEqual([name, undefined]);
    }
    for (const [, name, value] of text.matchAll(/\$\{(\w+):-([^}]*)\}/g)) {
      expect(name).toMatch(
        /_VERSION$|_LOG_LEVEL$|_ALLOWED_ORIGINS$|_EGRESS_ALLOW$|_EDGE_SUBNET$|_PROXY_ADDRESS$/,
      );
      expect(value).toMatch(/^(|info|\d+\.\d+\.\d+|172\.31\.250\.(0\/24|2))$/);
    }
    expect(text).not.toMatch(/:\/\/[^\s/]*:[^\s/]*@|changeit|trust\b(?!-)/);
  });

  it('are there where the stores look for them', () => {
    for (const [name, service] of all()) {
      const files = Object.values(service.environment ?? {}).filter((value) =>
        value.startsWith('/run/portcullis'),
      );
      for (const path of files)
        expect([name, path, existsSync(outside(service, path))]).toEqual([name, path, true]);
    }
    const vault = readFileSync(join(REPOSITORY, 'infra/hashicorp-vault/vault.hcl'), 'utf8');
    const named = [...vault.matchAll(/"(\/run\/portcullis\/[a-z.]+|\/vault\/data)"/g)].map(
      ([, path]) => path!,
    );
    expect(named).toHaveLength(3);
    for (const path of named)
      expect([path, existsSync(outside(file.services['hashicorp-vault']!, path))]).toEqual([path, true]);
    const script = readFileSync(join(REPOSITORY, 'infra/kurrentdb/start.sh'), 'utf8');
    const read = [...script.matchAll(/\/run\/portcullis\/[a-z-]+/g)].map(([path]) => path);
    expect(read).toHaveLength(2);
    for (const path of read) expect(existsSync(outside(file.services['kurrentdb']!, path))).toBe(true);
  });
});

describe('the proxy', () => {
  it('lets the two public faces through, by names and ports that they have', () => {
    const upstreams = [...caddyfile.matchAll(/name (\w+)\s+port (\d+)/g)].map(([, name, port]) => [
      name,
      port,
    ]);
    expect(upstreams).toEqual([
      ['gateway', '8080'],
      ['control', '8080'],
    ]);
    expect(file.services['caddy']!.ports).toEqual(['80:8080', '443:8443']);
    expect(caddyfile).toMatch(/http_port 8080\s+https_port 8443/);
    for (const name of ['gateway', 'control']) {
      const hosts = file.services[name]!.environment!;
      expect(hosts['ALLOWED_HOSTS'] ?? hosts['HTTP_ALLOWED_HOSTS']).toBe(HOST);
    }
  });

  it('is told to speak TLS 1.2 or newer only and to bind browsers to it', () => {
    expect(caddyfile).toMatch(/\n\ttls \{\s+protocols tls1\.2 tls1\.3\s+\}/);
    expect(caddyfile).toMatch(/Strict-Transport-Security "max-age=31536000; includeSubDomains"/);
  });
});
