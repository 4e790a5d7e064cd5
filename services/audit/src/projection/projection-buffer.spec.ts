import { eventually } from '@portcullis/platform/testing';
import type { Checkpoint, Projected } from '../ports/projection.js';
import { CollectingTime } from './collecting-time.js';
import { ProjectionBuffer } from './projection-buffer.js';

interface Write {
  revisions: number[];
  checkpoint: Checkpoint | null;
}

/** Keeps what it is given; while `broken`, it keeps nothing and rejects. */
class Target {
  broken = false;
  readonly writes: Write[] = [];
  failures = 0;

  checkpoint(): Promise<bigint | undefined> {
    return Promise.resolve(this.writes.findLast(({ checkpoint }) => checkpoint)?.checkpoint?.position);
  }

  async apply(events: readonly Projected[], checkpoint: Checkpoint | null): Promise<[]> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.broken) throw new Error('no database');
    this.writes.push({ revisions: events.map(({ revision }) => Number(revision)), checkpoint });
    return [];
  }
}

const event = (revision: number) => ({ kind: 'fault', revision: BigInt(revision) }) as Projected;
const bufferOn = (target: Target, collecting = new CollectingTime(5)): ProjectionBuffer =>
  new ProjectionBuffer({
    projection: target,
    collecting,
    wrote: () => undefined,
    failed: () => (target.failures += 1),
  });
const hand = (buffer: ProjectionBuffer, revision: number): Promise<void> =>
  buffer.transact('records', BigInt(revision), (events) => {
    events.push(event(revision));
    return Promise.resolve();
  });

describe('the projection buffer', () => {
  it('writes what arrives together in one transaction with the checkpoint of the last', async () => {
    const target = new Target();
    const buffer = bufferOn(target);
    await Promise.all([1, 2, 3].map((revision) => hand(buffer, revision)));
    expect(await buffer.load('records')).toBe(3n);
    expect(target.writes).toEqual([{ revisions: [1, 2, 3], checkpoint: { name: 'records', position: 3n } }]);
  });

  it('keeps the order over batches, never stores a checkpoint before its events, and holds back a fast sender', async () => {
    const target = new Target();
    const buffer = bufferOn(target);
    for (let revision = 0; revision < 3000; revision += 1) await hand(buffer, revision);
    expect(await buffer.load('records')).toBe(2999n);
    expect(target.writes.flatMap(({ revisions }) => revisions)).toEqual(
      Array.from({ length: 3000 }, (_, i) => i),
    );
    let written = -1;
    for (const { revisions, checkpoint } of target.writes) {
      written = revisions.at(-1) ?? written;
      if (checkpoint) expect(Number(checkpoint.position)).toBe(written);
    }
    expect(target.writes.length).toBeLessThan(100);
  });

  it('tries again until the database is back, and loses and repeats nothing', async () => {
    const target = new Target();
    const buffer = bufferOn(target);
    target.broken = true;
    await hand(buffer, 1);
    await eventually(() => expect(target.failures).toBeGreaterThan(0));
    expect(buffer.failing).toBe(true);
    await hand(buffer, 2);
    target.broken = false;
    expect(await buffer.load('records')).toBe(2n);
    expect(target.writes.flatMap(({ revisions }) => revisions)).toEqual([1, 2]);
    expect(buffer.failing).toBe(false);
  });

  it('ends when it is closed while the database is away, without a checkpoint', async () => {
    const target = new Target();
    const buffer = bufferOn(target);
    target.broken = true;
    await hand(buffer, 1);
    await buffer.close();
    expect(target.writes).toEqual([]);
  });

  /** So long that a test which has to wait for it fails. */
  const LONG_MS = 600_000;

  it('collects what comes within its time', async () => {
    const target = new Target();
    const buffer = bufferOn(target, new CollectingTime(50));
    await hand(buffer, 1);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    await hand(buffer, 2);
    await eventually(() => expect(target.writes).toHaveLength(1));
    expect(target.writes[0]?.revisions).toEqual([1, 2]);
  });

  it('writes at once when a reader comes, and while it waits', async () => {
    const target = new Target();
    const collecting = new CollectingTime(LONG_MS);
    const buffer = bufferOn(target, collecting);
    await hand(buffer, 1);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(target.writes).toEqual([]);
    await collecting.cutShortFor(async () => {
      await eventually(() => expect(target.writes).toHaveLength(1));
      await hand(buffer, 2);
      await eventually(() => expect(target.writes).toHaveLength(2));
    });
  });

  it('writes at once when a batch is full, and when it is closed', async () => {
    const target = new Target();
    const buffer = bufferOn(target, new CollectingTime(LONG_MS));
    for (let revision = 0; revision < 256; revision += 1) await hand(buffer, revision);
    await eventually(() => expect(target.writes).toHaveLength(1));
    await hand(buffer, 256);
    await buffer.close();
    expect(target.writes.at(-1)?.revisions).toEqual([256]);
  });
});
