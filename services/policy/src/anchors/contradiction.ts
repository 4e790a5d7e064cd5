import type { PolicyHead } from '@portcullis/contracts';
import type { StoredEvent } from '@portcullis/eventing';
import { headOf } from '../chain/fact-chain.js';
import type { FactReader, LoadedPolicy } from '../replica/fact-reader.js';

export interface Compared {
  org: string;
  /** What this replica has verified. */
  loaded: Pick<LoadedPolicy, 'revision' | 'last'>;
  /** The last fact that audit has recorded, in another database; null when there is none. */
  recorded: PolicyHead | null;
  /** It has been read since the last comparison: the last fact need not be read back. */
  isFresh: boolean;
}

/**
 * What speaks against the facts of an organisation, or null: audit has recorded more than the store has, or something
 * else in that place, or the store no longer has what was read from it.
 *
 * @throws whatever the store fails with
 */
export async function findContradiction(
  reader: Pick<FactReader, 'fact'>,
  { org, loaded: { revision, last }, recorded, isFresh }: Compared,
): Promise<string | null> {
  const recordedAt = recorded === null ? -1n : BigInt(recorded.revision);
  if (recordedAt > revision)
    return `Audit has recorded fact ${recordedAt}, but the event store has facts up to ${revision} only.`;
  if (last === undefined) return null;
  const now = isFresh ? last : await reader.fact(org, revision);
  if (!isLink(now, headOf(last))) return `The event store no longer has fact ${revision} as it was read.`;
  if (recorded === null) return null;
  const inPlace = recordedAt === revision ? now : await reader.fact(org, recordedAt);
  return isLink(inPlace, recorded.head)
    ? null
    : `Fact ${recordedAt} in the event store is not the one that audit has recorded.`;
}

const isLink = (fact: StoredEvent | undefined, head: string): boolean =>
  fact !== undefined && headOf(fact) === head;
