import { canonicalJson, type Simulation, type SimulationReport } from '@portcullis/contracts';
import type { Snapshot } from '../decisions/snapshot.js';
import { documentOf, versionOf } from '../organisation/policy-document.js';
import type { Tally } from './tally.js';

export interface Simulated {
  simulation: Pick<Simulation, 'from' | 'to' | 'basis'>;
  tally: Tally;
  /** SHA-256 over the rows, base64url. */
  logDigest: string;
  /** Sealed sections that were looked at; undefined where they were not to be. */
  sealed?: SimulationReport['sealed'];
  today: Snapshot;
  /** Today's policy with the document applied; null where there is no document. */
  candidate: Snapshot | null;
}

/** The report as RFC 8785 JSON: no clock and no chance is in it, so the same calls and policies give the same bytes. */
export function simulationReport({
  simulation,
  tally,
  logDigest,
  sealed,
  today,
  candidate,
}: Simulated): string {
  const { from, to, basis } = simulation;
  const report: SimulationReport = {
    v: 1,
    ...(sealed === undefined ? {} : { sealed }),
    ...tally.report(),
    log: { digest: logDigest, rows: tally.total },
    period: { from, to },
    policy: {
      basis,
      current: { revision: today.revision, time: today.state.time, ...namesOf(today) },
      candidate: candidate === null ? null : namesOf(candidate),
    },
  };
  return canonicalJson(report);
}

const namesOf = (snapshot: Snapshot) => ({
  digest: snapshot.digest,
  version: versionOf(documentOf(snapshot.state)),
});
