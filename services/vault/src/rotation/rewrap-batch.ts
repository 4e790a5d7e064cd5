import { AppError } from '@portcullis/contracts';
import { asOrganisation } from '@portcullis/platform';
import type { DataSource } from 'typeorm';
import type { OrganisationKeys, Targets } from '../key-hierarchy/organisation-keys.js';
import type { StoredOwnerKey } from '../key-hierarchy/owner-keys.js';
import type { WrappedOwnerKey } from '../ports/key-provider.js';
import type { Moving, OwnerKeyRows } from './owner-key-rows.js';
import type { RewrapCursor, RewrapRun } from './rewrap-run.js';
import type { RewrapRuns } from './rewrap-runs.js';

export interface RewrapParts {
  readonly provider: Pick<OrganisationKeys, 'targets' | 'rewrap'>;
  readonly jobs: DataSource;
  readonly rows: OwnerKeyRows;
  readonly runs: RewrapRuns;
}

/** Requests to the provider at once: a remote one refuses what piles up. */
const TOGETHER = 16;

/**
 * Moves the next owner keys of a run to the key that seals now for their organisation, organisation by organisation, and
 * writes down how far it came with each. What does not open is counted and left as it is, and so is an organisation whose own
 * key is away: that holds up nobody else. Gives the number of rows it looked at: 0 at the end.
 *
 * @throws AppError `KEY_UNAVAILABLE` of the installation's keys: then everything before is moved, and the rest as it was
 */
export async function rewrapBatch(
  parts: RewrapParts,
  run: RewrapRun,
  { targets, limit }: { targets: Targets; limit: number },
): Promise<number> {
  const keys = await parts.rows.next(targets, run.cursor, limit);
  for (const ofOne of byOrganisation(keys)) await moveOf(parts, run, { keys: ofOne, targets });
  return keys.length;
}

async function moveOf(
  { provider, jobs, rows, runs }: RewrapParts,
  run: RewrapRun,
  { keys, targets }: { keys: readonly StoredOwnerKey[]; targets: Targets },
): Promise<void> {
  const last = keys.at(-1);
  if (last === undefined) return;
  const unknown = targets.customers.get(last.org)?.problem ?? null;
  const { rewrapped, problem } =
    unknown === null ? await rewrapAll(provider, keys) : { rewrapped: [], problem: unknown };
  const moving = keys.flatMap((key, index): Moving[] => {
    const fresh = rewrapped[index];
    return fresh === undefined || fresh === null ? [] : [{ key, rewrapped: fresh }];
  });
  const cursor: RewrapCursor = { org: last.org, keyId: last.keyId, version: last.version };
  const failed = keys.length - moving.length;
  await asOrganisation(jobs, last.org, async (manager) => {
    const moved = moving.length === 0 ? 0 : await rows.move(manager, last.org, moving);
    await runs.advance(manager, run, { cursor, target: targets.installation, moved, failed, problem });
  });
}

interface Rewrapped {
  /** Null for each that does not open; not as long as what was asked for where a problem ended it. */
  readonly rewrapped: readonly (WrappedOwnerKey | null)[];
  readonly problem: string | null;
}

async function rewrapAll(
  provider: RewrapParts['provider'],
  keys: readonly StoredOwnerKey[],
): Promise<Rewrapped> {
  const rewrapped: (WrappedOwnerKey | null)[] = [];
  for (let from = 0; from < keys.length; from += TOGETHER) {
    const some = keys.slice(from, from + TOGETHER);
    const results = await Promise.all(some.map((key) => rewrapOne(provider, key)));
    rewrapped.push(...results.map((result) => (typeof result === 'string' ? null : result)));
    const problem = results.find((result) => typeof result === 'string');
    if (problem !== undefined) return { rewrapped, problem };
  }
  return { rewrapped, problem: null };
}

/** Null when it does not open, words when the organisation's own key can not be used. */
async function rewrapOne(
  provider: RewrapParts['provider'],
  { kekId, wrapped, ...context }: StoredOwnerKey,
): Promise<WrappedOwnerKey | string | null> {
  try {
    return await provider.rewrap({ kekId, bytes: wrapped }, context);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'DECRYPTION_FAILED') return null;
    if (error.details?.['organisation'] === context.org) return error.message;
    throw error;
  }
}

function byOrganisation(keys: readonly StoredOwnerKey[]): StoredOwnerKey[][] {
  const groups = new Map<string, StoredOwnerKey[]>();
  for (const key of keys) groups.set(key.org, [...(groups.get(key.org) ?? []), key]);
  return [...groups.values()];
}
