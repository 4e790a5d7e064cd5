import { randomBytes } from 'node:crypto';
import { readFilter } from '../protocol/event-filter.js';
import { shared, streams } from '../protocol/generated.js';
import { EventStorage } from '../storage/event-storage.js';
import { readAll } from './read-all.js';
import { subscribeAll } from './subscribe-all.js';

const EVENTS = 5_000;

describe('a long scan that matches nothing', () => {
  let storage: EventStorage;
  beforeAll(async () => {
    storage = EventStorage.open(':memory:');
    const events = Array.from({ length: EVENTS }, () => ({
      id: randomBytes(16),
      type: 't',
      isJson: false,
      data: new Uint8Array(1),
      metadata: new Uint8Array(),
    }));
    await storage.append({ stream: 's', expected: 'any', events });
  });
  afterAll(() => storage.close());

  const filter = () =>
    readFilter(
      new streams.ReadReq.Options.FilterOptions()
        .setStreamIdentifier(new streams.ReadReq.Options.FilterOptions.Expression().setPrefixList(['none']))
        .setCount(new shared.Empty())
        .setCheckpointintervalmultiplier(1),
    );

  /** How often somebody else, here a timer, gets a turn while the work runs. */
  async function turnsDuring(work: () => Promise<void>): Promise<number> {
    let turns = 0;
    let timer = setImmediate(function again() {
      turns += 1;
      timer = setImmediate(again);
    });
    await work();
    clearImmediate(timer);
    return turns;
  }

  it('lets others run between pages when read', async () => {
    const turns = await turnsDuring(async () => {
      const range = { from: 'start', direction: 'forwards', limit: 10, filter: filter() } as const;
      for await (const _ of readAll(storage, range)) throw new Error('nothing matches');
    });
    expect(turns).toBeGreaterThanOrEqual(EVENTS / 256 - 1);
  });

  it('lets others run between pages when followed, and reports every window it scanned', async () => {
    const stop = new AbortController();
    const checkpoints: number[] = [];
    const turns = await turnsDuring(async () => {
      for await (const message of subscribeAll(storage, { from: 'start', filter: filter() }, stop.signal)) {
        if (message.kind === 'checkpoint') checkpoints.push(message.position);
        if (message.kind === 'caught_up') break;
      }
    });
    expect(turns).toBeGreaterThanOrEqual(EVENTS / 256 - 1);
    expect(checkpoints.slice(0, 3)).toEqual([32, 64, 96]);
    expect(checkpoints.at(-1)).toBe(EVENTS);
  });
});
