import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectionString } from '@portcullis/embedded-eventstore';
import { natsPart } from '../../src/nats/nats-part.js';
import { natsServerBinary } from '../../src/nats/nats-server-binary.js';
import { postgresPart } from '../../src/postgres/postgres-part.js';
import { ensureServiceDatabases } from '../../src/postgres/service-databases.js';
import { notesTokenHashFile } from '../../src/samples/notes-token.js';
import { seedInstallation } from '../../src/seeding/seed-installation.js';
import { openDataDirectory, type DataDirectory } from '../../src/setup/data-directory.js';
import { completeInstallation, installationId } from '../../src/setup/installation.js';
import { writeFileAtomically } from '../../src/setup/private-files.js';
import { readSecret } from '../../src/setup/secrets.js';
import { SERVICES, type EmbeddedService } from '../../src/setup/trust.js';
import { migrateDatabases } from '../../src/up/migrate-databases.js';
import { eventStoreCredentials, eventStorePart, servicePart } from '../../src/up/parts.js';
import { choosePorts } from '../../src/up/ports.js';
import { eventStoreUrlFile, type Run } from '../../src/up/service-environment.js';
import { Admin } from '../admin.js';
import { HeldParts } from './held-parts.js';
import { RecordingUpstream } from './recording-upstream.js';
import { SlowLink } from './slow-link.js';
import { limitablePart, limitedPages } from './limited-pages.js';
import { SmallDisk, type Disk } from './small-disk.js';
import { TOOLS } from './tools.js';
import { TUNING } from './tuning.js';

/** The disks that can be filled. Without mounts there is the event store's alone. */
export interface Disks {
  eventstore: Disk;
  postgres?: SmallDisk;
  logs?: SmallDisk;
}

const DISK_MIB = { eventstore: 64, postgres: 256, logs: 32 };

export interface InstallationOptions {
  /** File systems of their own for what is written; takes root. */
  mounts: boolean;
}

/**
 * The parts of `portcullis up`, each a process as it is shipped, held by the test: between a service and NATS, between all
 * of them and PostgreSQL or the event store, there is a link that can be made slow.
 */
export class Installation {
  readonly parts: HeldParts;
  readonly disks: Disks;
  links!: { nats: Record<EmbeddedService, SlowLink>; postgres: SlowLink; eventstore: SlowLink };
  upstreams!: { plain: RecordingUpstream; guarded: RecordingUpstream };
  seeded!: { org: string; apiKey: string; admin: Admin; mcp: string };

  private constructor(
    private readonly root: string,
    readonly run: Run,
    mounted: Disks | undefined,
  ) {
    const { data, installation } = run;
    this.parts = new HeldParts({
      logDirectory: data.logs,
      registryFile: data.file('run', 'processes.json'),
      instanceId: installation.id,
    });
    this.disks = mounted ?? { eventstore: limitedPages(this.parts) };
  }

  static async start({ mounts }: InstallationOptions): Promise<Installation> {
    const root = mkdtempSync(join(tmpdir(), 'portcullis-failures-'));
    const data = openDataDirectory(join(root, 'data'));
    const mounted = mounts ? mountDisks(root, data) : undefined;
    const installation = new Installation(root, await describe(data, mounted?.postgres), mounted);
    try {
      await installation.#startAll();
      return installation;
    } catch (error) {
      await installation.stop();
      throw error;
    }
  }

  /** Connection string of the event store itself, past the link. */
  eventStoreUrl(): string {
    return connectionString(eventStoreCredentials(this.run.data), this.run.ports.eventStore);
  }

  async stop(): Promise<void> {
    await this.parts.supervisor.stop();
    const { nats, postgres, eventstore } = this.links ?? {};
    for (const link of [...Object.values(nats ?? {}), postgres, eventstore]) await link?.close();
    for (const upstream of Object.values(this.upstreams ?? {})) await upstream.close();
    for (const disk of Object.values(this.disks)) if (disk instanceof SmallDisk) disk.unmount();
    rmSync(this.root, { recursive: true, force: true });
  }

  async #startAll(): Promise<void> {
    const { run } = this;
    this.upstreams = {
      plain: await RecordingUpstream.start({ tools: TOOLS.plain, tokenHashFile: null }),
      guarded: await RecordingUpstream.start({
        tools: TOOLS.guarded,
        tokenHashFile: notesTokenHashFile(run.data),
      }),
    };
    run.ports.everything = this.upstreams.plain.port;
    run.ports.notes = this.upstreams.guarded.port;
    await this.#startStores();
    const { nats } = this.links;
    await Promise.all(
      SERVICES.map((service) => {
        const seen = { ...run, ports: { ...run.ports, nats: nats[service].port } };
        return this.parts.start(servicePart(service, seen), 2);
      }),
    );
    await this.#seed();
  }

  async #startStores(): Promise<void> {
    const { data, ports } = this.run;
    const link = (port: number): Promise<SlowLink> => SlowLink.open(() => port);
    const linked = await Promise.all(
      SERVICES.map(async (service) => [service, await link(ports.nats)] as const),
    );
    this.links = {
      nats: Object.fromEntries(linked) as Record<EmbeddedService, SlowLink>,
      postgres: await link(ports.postgres),
      eventstore: await link(ports.eventStore),
    };
    const binary = natsServerBinary({
      named: process.env['NATS_SERVER_BIN'],
      path: process.env['PATH'] ?? '',
    });
    const superuserPassword = readSecret(data, 'postgres-superuser');
    const eventStore = this.disks.eventstore instanceof SmallDisk ? eventStorePart : limitablePart;
    await Promise.all([
      this.parts.start(natsPart(data, binary, ports.nats), 1),
      this.parts.start(eventStore(this.run), 1),
      this.parts.start(
        postgresPart({ directory: data.postgres, port: ports.postgres, superuserPassword }),
        1,
      ),
    ]);
    const url = connectionString(eventStoreCredentials(data), this.links.eventstore.port);
    writeFileAtomically(eventStoreUrlFile(data), url);
    await ensureServiceDatabases(data, this.links.postgres.port);
    await migrateDatabases(this.run, new AbortController().signal);
  }

  /** As the first start of `portcullis up` does it, and the member may write. */
  async #seed(): Promise<void> {
    const { run } = this;
    const { org, member, apiKey, adminKey } = await seedInstallation(run);
    const admin = new Admin(`http://127.0.0.1:${run.ports.admin}`, adminKey!);
    const granted = await admin.json('PUT', `/api/users/${member}/roles/writer`);
    if (granted.status >= 300) throw new Error(`the member may not write: ${JSON.stringify(granted)}`);
    this.seeded = { org, apiKey: apiKey!, admin, mcp: `http://127.0.0.1:${run.ports.mcp}/mcp` };
  }
}

function mountDisks(root: string, data: DataDirectory): Required<Disks> {
  return {
    eventstore: SmallDisk.mount(data.eventStore, DISK_MIB.eventstore),
    postgres: SmallDisk.mount(join(root, 'database-disk'), DISK_MIB.postgres),
    logs: SmallDisk.mount(data.logs, DISK_MIB.logs, { logs: true }),
  };
}

async function describe(data: DataDirectory, disk: SmallDisk | undefined): Promise<Run> {
  const ports = await choosePorts(data, 0);
  // Below its mount: the part removes a directory that was never completed.
  const directory = disk === undefined ? data.postgres : join(disk.directory, 'cluster');
  if (disk !== undefined) mkdirSync(directory, { recursive: true });
  const installation = completeInstallation(data, installationId(data));
  return {
    data: { ...data, postgres: directory },
    installation,
    ports,
    tuning: TUNING,
    tracing: {},
    replicas: {},
  };
}
