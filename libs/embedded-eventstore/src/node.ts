import { Server, ServerCredentials, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { appendRpc } from './protocol/append.rpc.js';
import { batchAppendRpc } from './protocol/batch-append.rpc.js';
import { deleteRpc } from './protocol/delete.rpc.js';
import { featuresGrpc, operationsGrpc, streamsGrpc } from './protocol/generated.js';
import { readRpc } from './protocol/read.rpc.js';
import { startScavengeRpc, stopScavengeRpc } from './protocol/scavenge.rpc.js';
import { serverFeaturesRpc } from './protocol/server-features.rpc.js';
import { tombstoneRpc } from './protocol/tombstone.rpc.js';
import { Scavenger } from './scavenging/scavenger.js';
import { authenticate } from './security/authenticate.js';
import { loadOrCreateCredentials, type NodeCredentials } from './security/credentials.js';
import { EventStorage } from './storage/event-storage.js';

export interface NodeOptions {
  /** Database file; created when missing. One node at a time. */
  data: string;
  /** A loopback address. */
  host: string;
  /** 0 lets the system choose. */
  port: number;
  /** Created (0600) when missing; the certificate to pin is written beside it, `<file>.crt`. */
  credentialsFile: string;
  /** For tests of what uses the node: it recognises no repeated append at `any` and `stream_exists`. */
  anyForgets?: boolean;
  /** How long a scavenge rests between two steps, milliseconds. Default: not at all. */
  scavengePauseMs?: number;
}

export interface EventStoreNode {
  port: number;
  /** Ends subscriptions, lets running calls finish for a moment, writes what is waiting and closes the database. */
  close(): Promise<void>;
}

/** Above the largest append, so that one that is too large gets a proper answer. */
const MAX_MESSAGE_BYTES = 17 * 1024 * 1024;
const GRACE_MS = 1_000;

/** @throws Error when the database is locked or unreadable, the credentials are exposed, or the port is taken */
export async function startNode(options: NodeOptions): Promise<EventStoreNode> {
  if (!/^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(options.host)) {
    throw new Error(`The embedded event store listens on loopback only, not on ${options.host}`);
  }
  const credentials = loadOrCreateCredentials(options.credentialsFile);
  const storage = EventStorage.open(options.data, { anyForgets: options.anyForgets });
  const scavenger = new Scavenger(storage, { file: options.data, pauseMs: options.scavengePauseMs ?? 0 });
  const parts: Parts = { storage, scavenger, shutdown: new AbortController() };
  const server = createServer(parts, credentials);
  try {
    const port = await listen(server, options, credentials);
    return { port, close: () => close(server, parts) };
  } catch (error) {
    await scavenger.close();
    storage.close();
    throw error;
  }
}

interface Parts {
  storage: EventStorage;
  scavenger: Scavenger;
  shutdown: AbortController;
}

function createServer({ storage, scavenger, shutdown }: Parts, credentials: NodeCredentials): Server {
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    interceptors: [authenticate(credentials)],
  });
  const streams = {
    append: appendRpc(storage),
    batchAppend: batchAppendRpc(storage),
    delete: deleteRpc(storage),
    tombstone: tombstoneRpc(storage),
    read: readRpc(storage, shutdown.signal),
  };
  server.addService(streamsGrpc.StreamsService, streams as unknown as UntypedServiceImplementation);
  const operations = {
    startScavenge: startScavengeRpc(scavenger),
    stopScavenge: stopScavengeRpc(scavenger),
  };
  server.addService(operationsGrpc.OperationsService, operations as unknown as UntypedServiceImplementation);
  server.addService(featuresGrpc.ServerFeaturesService, { getSupportedMethods: serverFeaturesRpc() });
  return server;
}

function listen(server: Server, { host, port }: NodeOptions, { tls }: NodeCredentials): Promise<number> {
  const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.certificate) };
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createSsl(null, [pair]), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
}

async function close(server: Server, { storage, scavenger, shutdown }: Parts): Promise<void> {
  shutdown.abort();
  await new Promise<void>((resolve) => {
    const force = setTimeout(() => server.forceShutdown(), GRACE_MS);
    server.tryShutdown(() => {
      clearTimeout(force);
      resolve();
    });
  });
  await scavenger.close();
  storage.close();
}
