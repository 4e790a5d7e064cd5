import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@portcullis/contracts';
import { z } from 'zod';
import { verifyGoldenEvents } from '../testing/golden-events.js';
import { eventCodec, type CodecEvent } from './event-codec.js';
import { defineEvent } from './event-definition.js';

const named = defineEvent('test.Named', z.strictObject({ name: z.string() }))
  .next(z.strictObject({ first: z.string(), last: z.string() }), ({ name }) => {
    const [first = '', last = ''] = name.split(' ');
    return { first, last };
  })
  .next(z.strictObject({ first: z.string(), last: z.string(), title: z.string().nullable() }), (data) => ({
    ...data,
    title: null,
  }));
const removed = defineEvent('test.Removed', z.strictObject({ id: z.int() }));
const codec = eventCodec(named, removed);
type TestEvent = CodecEvent<typeof codec>;

const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error instanceof AppError ? `${error.code} ${String(error.details?.['type'])}` : String(error);
  }
  return 'nothing thrown';
};

describe('eventCodec', () => {
  const event: TestEvent = { type: 'test.Named', data: { first: 'Ada', last: 'L', title: null } };

  it('stores the newest version and reads it back', () => {
    const encoded = codec.encode(event);
    expect(encoded).toEqual({ type: 'test.Named.v3', data: event.data });
    expect(codec.decode(encoded)).toEqual(event);
  });

  it.each([
    ['test.Named.v1', { name: 'Ada L' }],
    ['test.Named.v2', { first: 'Ada', last: 'L' }],
  ])('brings %s up to date', (type, data) => {
    expect(codec.decode({ type, data })).toEqual(event);
  });

  it.each([
    ['an unknown event', 'test.Unknown.v1', {}],
    ['a version from the future', 'test.Named.v4', {}],
    ['a version that never was', 'test.Named.v0', {}],
    ['a type without a version', 'test.Named', {}],
    ['a name of the prototype', 'constructor.v1', {}],
    ['data that breaks its schema', 'test.Named.v1', { name: 'Ada', extra: 1 }],
  ])('refuses %s', (_, type, data) => {
    expect(codeOf(() => codec.decode({ type, data }))).toBe(`INTERNAL ${type}`);
  });

  it('refuses to store what it could not read', () => {
    const bad = { type: 'test.Removed', data: { id: 1.5 } } as TestEvent;
    expect(codeOf(() => codec.encode(bad))).toBe('INTERNAL test.Removed.v1');
    expect(codeOf(() => codec.encode({ type: 'test.Other', data: {} } as never))).toBe('INTERNAL test.Other');
  });

  it('refuses a version in a name and a name twice', () => {
    expect(() => defineEvent('test.Named.v1', z.null())).toThrow('no version');
    expect(() => eventCodec(named, named)).toThrow('twice');
  });
});

describe('verifyGoldenEvents', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'golden-'));
    const decoded = { type: 'test.Named', data: { first: 'Ada', last: 'L', title: null } };
    await golden('test.Named.v1', [{ data: { name: 'Ada L' }, decoded }]);
    await golden('test.Named.v2', [{ data: { first: 'Ada', last: 'L' }, decoded }]);
    await golden('test.Named.v3', [{ data: decoded.data, decoded }]);
    await golden('test.Removed.v1', [
      { data: { id: 1 }, decoded: { type: 'test.Removed', data: { id: 1 } } },
    ]);
  });
  afterEach(() => rm(dir, { recursive: true }));
  const golden = (type: string, content: unknown) =>
    writeFile(join(dir, `${type}.json`), JSON.stringify(content));

  it('replays every version', async () => {
    expect(await verifyGoldenEvents(codec, dir)).toBe(4);
  });

  it('fails when a version has no file', async () => {
    await rm(join(dir, 'test.Named.v2.json'));
    await expect(verifyGoldenEvents(codec, dir)).rejects.toThrow('test.Named.v2');
  });

  it('fails when an old event means something else today', async () => {
    const decoded = { type: 'test.Named', data: { first: 'Ada', last: 'Lovelace', title: null } };
    await golden('test.Named.v1', [{ data: { name: 'Ada L' }, decoded }]);
    await expect(verifyGoldenEvents(codec, dir)).rejects.toThrow('test.Named.v1.json');
  });

  it('fails when a version that was written is no longer known, or a file proves nothing', async () => {
    await golden('test.Gone.v1', [{ data: {}, decoded: {} }]);
    await expect(verifyGoldenEvents(codec, dir)).rejects.toThrow('unknown type or version');
    await golden('test.Gone.v1', []);
    await expect(verifyGoldenEvents(codec, dir)).rejects.toThrow();
  });
});
