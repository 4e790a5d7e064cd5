import { AppError } from '@portcullis/contracts';
import { asOrganisation } from '@portcullis/platform';
import type { DataSource } from 'typeorm';
import type { StoredOwnerKey } from '../key-hierarchy/owner-keys.js';
import type { KeyProvider, WrappedOwnerKey } from '../ports/key-provider.js';
import type { Moving, OwnerKeyRows } from './owner-key-rows.js';
import type { RewrapCursor, RewrapRun } from './rewrap-run.js';
import type { RewrapRuns } from './rewrap-runs.js';

export interface RewrapParts {
  readonly provider: Pick<KeyProvider, 'primary' | 'rewrap'>;
  readonly jobs: DataSource;
  readonly rows: OwnerKeyRows;
  readonly runs: RewrapRuns;
}

/** Requests to the provider at once: a remote one refuses what piles up. */
const TOGETHER = 16;

/**
 * Moves the next owner keys of a run to the key that seals now, organisation by organisation, and writes down how far it
 * came with each. What does not open is counted and left as it is. Gives the number of rows it looked at: 0 at the end.
 *
 * @throws AppError `KEY_UNAVAILABLE` from the provider: then everything before is moved, and the rest as it was
 */
export async function rewrapBatch(parts: RewrapParts, run: RewrapRun, limit: number): Promise<number> {
  const target = await parts.provider.primary();
  const keys = await parts.rows.next(target, run.cursor, limit);
  for (const ofOne of byOrganisation(keys)) await moveOf(parts, run, { keys: ofOne, target });
  return keys.length;
}

async function moveOf(
  { provider, jobs, rows, runs }: RewrapParts,
  run: RewrapRun,
  { keys, target }: { keys: readonly StoredOwnerKey[]; target: string },
): Promise<void> {
  const rewrapped = await rewrapAll(provider, keys);
  const moving = keys.flatMap((key, index): Moving[] => {
    const fresh = rewrapped[index];
    return fresh === undefined || fresh === null ? [] : [{ key, rewrapped: fresh }];
  });
  const last = keys.at(-1);
  if (last === undefined) return;
  const cursor: RewrapCursor = { org: last.org, keyId: last.keyId, version: last.version };
  await asOrganisation(jobs, last.org, async (manager) => {
    const moved = moving.length === 0 ? 0 : await rows.move(manager, last.org, moving);
    await runs.advance(manager, run, { cursor, target, moved, failed: keys.length - moving.length });
  });
}

/** Null for each that does not open. */
async function rewrapAll(
  provider: RewrapParts['provider'],
  keys: readonly StoredOwnerKey[],
): Promise<(WrappedOwnerKey | null)[]> {
  const all: (WrappedOwnerKey | null)[] = [];
  for (let from = 0; from < keys.length; from += TOGETHER) {
    const some = keys.slice(from, from + TOGETHER);
    all.push(...(await Promise.all(some.map((key) => rewrapOne(provider, key)))));
  }
  return all;
}

async function rewrapOne(
  provider: RewrapParts['provider'],
  { kekId, wrapped, ...context }: StoredOwnerKey,
): Promise<WrappedOwnerKey | null> {
  try {
    return await provider.rewrap({ kekId, bytes: wrapped }, context);
  } catch (error) {
    if (error instanceof AppError && error.code === 'DECRYPTION_FAILED') return null;
    throw error;
  }
}

function byOrganisation(keys: readonly StoredOwnerKey[]): StoredOwnerKey[][] {
  const groups = new Map<string, StoredOwnerKey[]>();
  for (const key of keys) groups.set(key.org, [...(groups.get(key.org) ?? []), key]);
  return [...groups.values()];
}
