import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials, Metadata } from '@grpc/grpc-js';
import type { ScavengeResp } from '@eventstore/db-client/generated/operations_pb.js';
import { operations, operationsGrpc } from '../src/protocol/generated.js';
import {
  eventsOf,
  StreamNotFoundError,
  type Client,
  type Recorded,
} from '../src/testing/semantics/client.js';
import type { TestNode } from '../src/testing/start-node.js';

const { StartScavengeReq, StopScavengeReq } = operations;
export const { ScavengeResult } = operations.ScavengeResp;

/** The public Operations service, which the client package does not wrap. */
export class Operations {
  readonly #client: InstanceType<typeof operationsGrpc.OperationsClient>;
  readonly #metadata = new Metadata();

  constructor(node: TestNode, { password }: { password?: string } = {}) {
    const stored = JSON.parse(readFileSync(join(node.directory, 'credentials.json'), 'utf8'));
    const tls = credentials.createSsl(Buffer.from(stored.tls.certificate));
    this.#client = new operationsGrpc.OperationsClient(`localhost:${node.port}`, tls);
    const basic = Buffer.from(`${stored.user}:${password ?? stored.password}`).toString('base64');
    this.#metadata.set('authorization', `Basic ${basic}`);
  }

  start(fromChunk = 0): Promise<ScavengeResp.AsObject> {
    const options = new StartScavengeReq.Options().setThreadCount(1).setStartFromChunk(fromChunk);
    const request = new StartScavengeReq().setOptions(options);
    return new Promise((resolve, reject) =>
      this.#client.startScavenge(request, this.#metadata, (error, response) =>
        error ? reject(error) : resolve(response.toObject()),
      ),
    );
  }

  stop(id: string): Promise<ScavengeResp.AsObject> {
    const request = new StopScavengeReq().setOptions(new StopScavengeReq.Options().setScavengeId(id));
    return new Promise((resolve, reject) =>
      this.#client.stopScavenge(request, this.#metadata, (error, response) =>
        error ? reject(error) : resolve(response.toObject()),
      ),
    );
  }

  close(): void {
    this.#client.close();
  }
}

export const scavengeEvents = (client: Client, id: string): Promise<Recorded[]> =>
  eventsOf(client.readStream(`$scavenges-${id}`));

/** What `$scavengeCompleted` says, as soon as it is there; also over a restart of the node. */
export async function completed(client: Client, id: string): Promise<Record<string, unknown>> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const events = await scavengeEvents(client, id).catch((error: unknown) => {
      if (Date.now() > deadline || error instanceof StreamNotFoundError) throw error;
      return [];
    });
    const end = events.find(({ type }) => type === '$scavengeCompleted');
    if (end) return end.data as Record<string, unknown>;
    if (Date.now() > deadline) throw new Error(`scavenge ${id} did not end: ${events.map((e) => e.type)}`);
  }
}
