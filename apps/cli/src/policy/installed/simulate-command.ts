import type { SimulationReport } from '@portcullis/contracts';
import { EXIT } from '../exit-codes.js';
import { describeSimulation } from './describe-simulation.js';
import { readDocument, type Printed } from './plan-command.js';
import type { PolicyApi, WantedSimulation } from './policy-api.js';

export interface SimulateArguments extends Printed {
  from: string;
  /** Missing: now. */
  to?: string;
  basis: 'then' | 'now';
  sealed?: true;
}

/**
 * `portcullis policy simulate`: what the files would have done to the recorded calls of a period; without files, whether
 * the policy as it was decides again what the records say.
 */
export async function simulatePolicy(
  api: PolicyApi,
  paths: string[],
  options: SimulateArguments,
): Promise<number> {
  const read = paths.length === 0 ? { document: null } : readDocument(paths, options);
  if (read === null) return EXIT.unusable;
  const { from, to = new Date().toISOString(), basis, sealed, json } = options;
  const period = { from: moment(from), to: moment(to) };
  const report = await reportOf(api, {
    document: read.document,
    ...period,
    basis,
    ...(sealed === undefined ? {} : { sealed }),
  });
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : describeSimulation(report));
  return report.flips.total === 0 ? EXIT.ok : EXIT.changes;
}

/** RFC 3339, or a day: its beginning in UTC. */
function moment(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new Error(`${text} is no time such as 2026-01-31 or 2026-01-31T08:00:00Z`);
  return time.toISOString();
}

async function reportOf(api: PolicyApi, wanted: WantedSimulation): Promise<SimulationReport> {
  let state = await api.startSimulation(wanted);
  while (state.report === null) {
    process.stderr.write(`${state.calls} calls decided again, up to ${state.until ?? wanted.from}\n`);
    // Each answer waits some seconds for the end by itself.
    state = await api.simulation(state.simulation);
  }
  return state.report;
}
