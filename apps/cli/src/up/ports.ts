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
  policyAuthzen: port,
  nats: port,
  eventStore: port,
  postgres: port,
  notes: port,
  everything: port,
  vaultHealth: port,
  policyHealth: port,
  auditHealth: port,
});
type Kept = z.infer<typeof keptSchema>;

/** What is written of a run: also where it served MCP, which the next run decides anew. */
const writtenSchema = keptSchema.partial().extend({ mcp: port.optional() });

/** Loopback ports of one run. Chosen before anything starts: a part that is restarted comes back at the same place. */
export type Ports = Kept & { mcp: number };

const NAMES = Object.keys(keptSchema.shape) as (keyof Kept)[];

/**
 * `mcp` as wanted (0 = any free one); the others where they were in the last run, or wherever there is room. Throws when
 * the wanted one is taken.
 */
export async function choosePorts(data: DataDirectory, mcp: number): Promise<Ports> {
  if (mcp !== 0) await assertPortIsFree(mcp);
  const file = portsFile(data);
  const before = lastPorts(data);
  const fresh = await freePorts(NAMES.length + 1);
  const entries = await Promise.all(
    NAMES.map(async (name, index): Promise<[string, number]> => {
      const last = before[name];
      return [name, last !== undefined && last !== mcp && (await isFree(last)) ? last : fresh[index]!];
    }),
  );
  const kept = keptSchema.parse(Object.fromEntries(entries));
  const ports = { ...kept, mcp: mcp === 0 ? fresh.at(-1)! : mcp };
  writeFileAtomically(file, `${JSON.stringify(ports)}\n`);
  return ports;
}

const portsFile = (data: DataDirectory): string => data.file('run', 'ports.json');

/** The ports of the last run, as far as they are known: none before the first one, or if the file is damaged. */
export function lastPorts(data: DataDirectory): Partial<Ports> {
  const file = portsFile(data);
  if (!existsSync(file)) return {};
  try {
    return writtenSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}
