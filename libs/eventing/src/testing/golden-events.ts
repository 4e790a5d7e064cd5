import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { EventCodec } from '../codec/event-codec.js';
import type { JsonValue } from '../store/event-store.js';

const goldenSchema = z.array(z.strictObject({ data: z.json(), decoded: z.json() })).min(1);

/**
 * Replays every version ever written. `dir` holds one `<stored type>.json` per stored type, an array of
 * `{data: what was stored, decoded: what the codec makes of it today}`. Fails when a file does not decode to what it
 * says, when a known type has no file, or when a file's type is no longer known.
 *
 * @returns how many stored events were replayed
 */
export async function verifyGoldenEvents<Event>(codec: EventCodec<Event>, dir: string): Promise<number> {
  const files = (await readdir(dir)).filter((name) => name.endsWith('.json')).sort();
  const types = files.map((name) => name.slice(0, -'.json'.length));
  const missing = codec.storedTypes.filter((type) => !types.includes(type));
  assert.deepEqual(missing, [], `golden files are missing in ${dir}`);
  let replayed = 0;
  for (const [index, type] of types.entries()) {
    const golden = goldenSchema.parse(JSON.parse(await readFile(join(dir, files[index]!), 'utf8')));
    for (const { data, decoded } of golden) {
      assert.deepEqual(
        codec.decode({ type, data: data as JsonValue }),
        decoded,
        `golden file ${files[index]}`,
      );
      replayed += 1;
    }
  }
  return replayed;
}
