import { appendSemantics } from './append.js';
import { closeClient, EventStoreDBClient, type Client } from './client.js';
import { crashSemantics } from './crash.js';
import { deleteSemantics } from './delete.js';
import type { ServerUnderTest } from './kit.js';
import { metadataSemantics } from './metadata.js';
import { readSemantics } from './read.js';
import { subscribeSemantics } from './subscribe.js';

/**
 * What Portcullis relies on in an event store, checked with the unmodified client over the real protocol. For any
 * server; `controllable` adds the cases that kill and restart it.
 */
export function eventStoreSemantics(
  start: () => Promise<ServerUnderTest>,
  { controllable = false }: { controllable?: boolean } = {},
): void {
  let server: ServerUnderTest | undefined;
  let client: Client | undefined;
  beforeAll(async () => {
    server = await start();
    client = EventStoreDBClient.connectionString(server.url);
  });
  afterAll(async () => {
    if (client) await closeClient(client);
    await server?.stop();
  });
  const kit = { client: () => client!, server: () => server! };
  appendSemantics(kit);
  readSemantics(kit);
  subscribeSemantics(kit);
  deleteSemantics(kit);
  metadataSemantics(kit);
  if (controllable) crashSemantics(kit);
}
