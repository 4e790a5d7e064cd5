const LEAST = 50n;
const SHARE = 20n;

/**
 * After how many facts the next snapshot is due, at this revision. What a start has to fold beyond the snapshots stays a
 * twentieth of all facts, and so does, of long streams, what writing them costs.
 */
export function snapshotGap(revision: bigint): bigint {
  const share = revision / SHARE;
  return share > LEAST ? share : LEAST;
}
