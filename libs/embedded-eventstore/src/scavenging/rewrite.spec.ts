import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStorage } from '../storage/event-storage.js';
import { exchangeFiles, freshFile, Rewrite } from './rewrite.js';
import { recordStart } from './scavenge-record.js';
import { Scavenger } from './scavenger.js';

const GONE = 'canary-that-is-gone';

describe('a crash during a scavenge', () => {
  let directory: string;
  let images: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rewrite-'));
    images = mkdtempSync(join(tmpdir(), 'rewrite-images-'));
  });
  afterEach(() => {
    for (const each of [directory, images]) rmSync(each, { recursive: true });
  });

  const event = (text: string, type = 't') => ({
    id: randomBytes(16),
    type,
    isJson: true,
    data: Buffer.from(text),
    metadata: new Uint8Array(),
  });
  const append = (storage: EventStorage, stream: string, ...events: ReturnType<typeof event>[]) =>
    storage.append({ stream, expected: 'any', events });

  /** What a crash leaves behind at this moment. */
  const image = (name: string): void => cpSync(directory, join(images, name), { recursive: true });

  /** What is in the table of events, and in the files, when the next start has brought the scavenge to its end. */
  async function afterRestart(name: string): Promise<unknown> {
    const file = join(images, name, 'events.db');
    const storage = EventStorage.open(file);
    const scavenger = new Scavenger(storage, { file, pauseMs: 0 });
    while (storage.db.prepare('SELECT 1 FROM scavenge').get()) await new Promise(setImmediate);
    await scavenger.close();
    const { log } = storage;
    const bounds = { first: 0, last: 1_000, createdSinceMs: 0 };
    const left = log.events.readStream(log.streams.find('s')!.id, bounds, 'forwards', 1_000);
    storage.close();
    const files = readdirSync(join(images, name)).map((each) => join(images, name, each));
    const texts = files.map((each) => readFileSync(each, 'latin1'));
    return {
      revisions: left.map(({ revision }) => revision),
      canaries: texts.filter((text) => text.includes(GONE)).length,
      copy: existsSync(freshFile(file)),
    };
  }

  it('at any moment loses nothing, and the next start brings it to its end', async () => {
    const file = join(directory, 'events.db');
    const storage = EventStorage.open(file);
    for (let n = 0; n < 600; n += 100)
      await append(storage, 's', ...Array.from({ length: 100 }, () => event(GONE + 'x'.repeat(500))));
    await append(storage, 's', event('kept'), event('kept too'));
    await append(storage, '$$s', event('{"$maxCount":2}', '$metadata'));
    const rewrite = new Rewrite(storage.db, file, await recordStart(storage, 'the-id'));
    image('before the first step');
    rewrite.step();
    rewrite.step();
    image('half-way');
    while (rewrite.step());
    await append(storage, 's', event('late'));
    image('before the end');
    rewrite.finish();
    image('with a finished copy, and the old log not empty');
    storage.replaceFile(file, () => {
      image('between the old and the new');
      exchangeFiles(file);
      image('just after');
    });
    image('with the new file open');
    storage.close();
    // Two events are kept by `$maxCount`; in later images one more has been appended.
    const moments = readdirSync(images);
    expect(moments).toHaveLength(7);
    for (const moment of moments) {
      const early = ['before the first step', 'half-way'].includes(moment);
      const revisions = early ? [600, 601] : [601, 602];
      expect([moment, await afterRestart(moment)]).toEqual([moment, { revisions, canaries: 0, copy: false }]);
    }
  }, 30_000);

  it('ends though somebody appends between any two of its steps, and has all of it', async () => {
    const file = join(directory, 'events.db');
    const storage = EventStorage.open(file);
    for (let n = 0; n < 10; n += 1)
      await append(storage, 's', ...Array.from({ length: 100 }, () => event('kept')));
    const rewrite = new Rewrite(storage.db, file, await recordStart(storage, 'the-id'));
    let steps = 0;
    for (; rewrite.step() && steps < 100; steps += 1) await append(storage, 's', event('kept'));
    expect(steps).toBeLessThan(10);
    rewrite.finish();
    storage.replaceFile(file, () => exchangeFiles(file));
    const { log } = storage;
    const bounds = { first: 0, last: 5_000, createdSinceMs: 0 };
    const left = log.events.readStream(log.streams.find('s')!.id, bounds, 'forwards', 5_000);
    expect(left.map(({ revision }) => revision)).toEqual(Array.from({ length: 1000 + steps }, (_, n) => n));
    storage.close();
  });

  it('does not put the copy in the place of a database whose log is still there', async () => {
    const file = join(directory, 'events.db');
    const storage = EventStorage.open(file);
    await append(storage, 's', event('kept'));
    expect(() => exchangeFiles(file)).toThrow('the write-ahead log of the closed database is still there');
    storage.close();
  });
});
