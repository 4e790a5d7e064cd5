const LEAST = 32n;
const SHARE = 32n;

/**
 * After how many facts the next snapshot is due, at this revision. What a start has to fold beyond the snapshots stays a
 * small part of all facts, and so does, of long streams, what writing them costs.
 */
export function snapshotGap(revision: bigint): bigint {
  const share = revision / SHARE;
  return share > LEAST ? share : LEAST;
}
