import { accessSemantics } from './access.js';
import { allSemantics } from './all.js';
import { appendSemantics } from './append.js';
import { boundarySemantics } from './boundaries.js';
import { closeClient, EventStoreDBClient, type Client } from './client.js';
import { crashSemantics } from './crash.js';
import { deleteSemantics } from './delete.js';
import { followSemantics } from './follow.js';
import { idempotencySemantics } from './idempotency.js';
import type { ServerUnderTest } from './kit.js';
import { metadataSemantics } from './metadata.js';
import { readSemantics } from './read.js';
import { subscribeSemantics } from './subscribe.js';

/**
 * What Portcullis relies on in an event store, checked with the unmodified client over the real protocol. For any
 * server; `controllable` adds the cases that kill and restart it, and `anyForgets` leaves out those that a server only
 * promises as best effort.
 */
export function eventStoreSemantics(
  start: () => Promise<ServerUnderTest>,
  { controllable = false, anyForgets = false }: { controllable?: boolean; anyForgets?: boolean } = {},
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
  const kit = { client: () => client!, server: () => server!, anyForgets };
  appendSemantics(kit);
  boundarySemantics(kit);
  idempotencySemantics(kit);
  readSemantics(kit);
  allSemantics(kit);
  subscribeSemantics(kit);
  followSemantics(kit);
  deleteSemantics(kit);
  metadataSemantics(kit);
  accessSemantics(kit);
  if (controllable) crashSemantics(kit);
}
