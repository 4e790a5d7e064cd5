import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventData } from './server-sent-events.js';

async function collect(chunks: Uint8Array[]): Promise<string[]> {
  async function* body() {
    yield* chunks;
  }
  const events: string[] = [];
  for await (const event of eventData(body())) events.push(event);
  return events;
}

const STREAM =
  ': hello\r\nevent: message\r\ndata: {"a":\r\ndata: "ü"}\r\nid: 1\r\n\r\ndata:two\n\ndata\n\nretry: 5\n\ndata: three\r\r';
const EVENTS = ['{"a":\n"ü"}', 'two', '', 'three'];

describe('server-sent events', () => {
  it('are the same however the stream is cut', async () => {
    const bytes = Buffer.from(STREAM);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 0, max: bytes.length })), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(await collect(chunks)).toEqual(EVENTS);
      }),
    );
  });

  it('are bounded', async () => {
    const endless = Array.from({ length: 5 }, () => Buffer.alloc(1024 * 1024, 'a'));
    await expect(collect(endless)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });
});
