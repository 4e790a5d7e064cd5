import { setTimeout as pause } from 'node:timers/promises';
import {
  eventsOf,
  newEvents,
  newStream,
  streamNameFilter,
  type Client,
} from '../src/testing/semantics/client.js';

const DEADLINE_MS = 60_000;
/** Between attempts while the node is away. */
const PAUSE_MS = 20;

/** Repeats what the connection broke, as a caller does that does not know whether it was stored. */
export async function whenBack<T>(work: () => Promise<T>, givenUp = () => false): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (givenUp() || Date.now() > deadline) throw error;
      await pause(PAUSE_MS);
    }
  }
}

/** Appends of one to three events, one after the other; what was not acknowledged is sent again as it was. */
export class Writer {
  readonly acknowledged: string[] = [];
  #stopped = false;
  #abandoned = false;

  constructor(
    private readonly client: Client,
    readonly stream: string,
  ) {}

  async run(): Promise<void> {
    for (let n = 0; !this.#stopped;) {
      const events = newEvents(1 + (n % 3), n);
      const append = () => this.client.appendToStream(this.stream, events, { expectedRevision: 'any' });
      await whenBack(append, () => this.#abandoned);
      this.acknowledged.push(...events.map(({ id }) => id));
      n += events.length;
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  abandon(): void {
    this.#stopped = this.#abandoned = true;
  }
}

/** Follows streams by prefix; after every break it begins again where it was: its last event or checkpoint. */
export class Follower {
  readonly ids: string[] = [];
  breaks = 0;
  #position: bigint | undefined;
  #stop: (() => Promise<void>) | undefined;
  #stopped = false;

  constructor(
    private readonly client: Client,
    private readonly prefix: string,
  ) {}

  start(): this {
    const from = this.#position;
    const subscription = this.client.subscribeToAll({
      fromPosition: from === undefined ? 'start' : { commit: from, prepare: from },
      filter: streamNameFilter({
        prefixes: [this.prefix],
        checkpointReached: async (_, position) => void (this.#position = position.commit),
      }),
    });
    subscription.on('data', ({ event }) => {
      this.ids.push(event!.id);
      this.#position = event!.position!.commit;
    });
    subscription.on('error', () => {
      this.breaks += 1;
      subscription.destroy();
      if (!this.#stopped) setTimeout(() => this.#stopped || this.start(), PAUSE_MS);
    });
    this.#stop = async () => {
      await subscription.unsubscribe();
      subscription.destroy();
    };
    return this;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#stop?.();
  }
}

export interface Load {
  writers: Writer[];
  follower: Follower;
  acknowledged(): number;
  /** Ends the load when what was begun is acknowledged. */
  end(): Promise<void>;
  /** Ends the load whatever becomes of it. */
  abandon(): void;
}

export function startLoad(client: Client, streams: number): Load {
  const prefix = newStream('crash');
  const writers = Array.from({ length: streams }, (_, n) => new Writer(client, `${prefix}-${n}`));
  const follower = new Follower(client, prefix).start();
  const running = Promise.all(writers.map((writer) => writer.run()));
  // Heard by whoever ends the load; until then a test is busy with what made it fail.
  running.catch(() => undefined);
  return {
    writers,
    follower,
    acknowledged: () => writers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0),
    end: async () => {
      for (const writer of writers) writer.stop();
      await running;
    },
    abandon: () => writers.forEach((writer) => writer.abandon()),
  };
}

/** Every event that was sent: once, in its order, without a gap, and nothing else. */
export async function expectWhole(client: Client, { writers, follower }: Load): Promise<void> {
  const stored: { id: string; position: bigint }[] = [];
  for (const { stream, acknowledged } of writers) {
    const events = await whenBack(() => eventsOf(client.readStream(stream)));
    expect(events.map(({ id }) => id)).toEqual(acknowledged);
    expect(events.map(({ revision }) => revision)).toEqual(events.map((_, n) => BigInt(n)));
    stored.push(...events.map(({ id, position }) => ({ id, position: position!.commit })));
  }
  const inOrder = stored.sort((a, b) => (a.position < b.position ? -1 : 1)).map(({ id }) => id);
  const deadline = Date.now() + DEADLINE_MS;
  while (follower.ids.length < inOrder.length && Date.now() < deadline) await pause(PAUSE_MS);
  expect(follower.ids).toEqual(inOrder);
}
