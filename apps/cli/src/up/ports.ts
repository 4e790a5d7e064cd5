import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { assertPortIsFree, freePorts, isFree } from '../processes/free-ports.js';
import type { DataDirectory } from '../setup/data-directory.js';
import { writeFileAtomically } from '../setup/private-files.js';

const port = z.int().min(1).max(65_535);

/** Kept between runs: a destination that moves suspends the credentials bound to it, and people bookmark the admin API. */
const keptSchema = z.strictObject({
  admin: port,
  policyGrpc: port,
  nats: port,
  eventStore: port,
  postgres: port,
  notes: port,
  everything: port,
});
type Kept = z.infer<typeof keptSchema>;

/** Loopback ports of one run. Chosen before anything starts: a part that is restarted comes back at the same place. */
export type Ports = Kept & { mcp: number };

const NAMES = Object.keys(keptSchema.shape) as (keyof Kept)[];

/**
 * `mcp` as wanted (0 = any free one); the others where they were in the last run, or wherever there is room. Throws when
 * the wanted one is taken.
 */
export async function choosePorts(data: DataDirectory, mcp: number): Promise<Ports> {
  if (mcp !== 0) await assertPortIsFree(mcp);
  const file = data.file('run', 'ports.json');
  const before = readKept(file);
  const fresh = await freePorts(NAMES.length + 1);
  const entries = await Promise.all(
    NAMES.map(async (name, index): Promise<[string, number]> => {
      const last = before?.[name];
      return [name, last !== undefined && last !== mcp && (await isFree(last)) ? last : fresh[index]!];
    }),
  );
  const kept = keptSchema.parse(Object.fromEntries(entries));
  writeFileAtomically(file, `${JSON.stringify(kept)}\n`);
  return { ...kept, mcp: mcp === 0 ? fresh.at(-1)! : mcp };
}

function readKept(file: string): Kept | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return keptSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Damaged: the ports are chosen anew, as at a first start.
    return undefined;
  }
}
