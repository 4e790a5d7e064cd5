import {
  AppError,
  newId,
  simulationReportSchema,
  VERBS,
  type SimulateReply,
  type Simulation,
  type SimulationReport,
  type VerbCaller,
} from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { Assertions } from '../authentication/assertions.js';
import type { SimulationRows, StoredSimulation } from './simulation-rows.js';

export interface SimulationState {
  simulation: string;
  state: 'running' | 'done';
  request: Simulation;
  calls: number;
  until: string | null;
  report: SimulationReport | null;
}

/**
 * Simulations as things with an id. What is asked is kept, and policy is asked the same again until it is done: whichever
 * replica of policy answers comes to the same report, so nothing is lost with one.
 */
export class RunSimulations {
  constructor(
    private readonly peers: VerbCaller,
    private readonly assertions: Assertions,
    private readonly rows: SimulationRows,
  ) {}

  /** @throws AppError what policy refuses it with: then there is none */
  async start(admin: Admin, wanted: Omit<Simulation, 'revision'>): Promise<SimulationState> {
    const reply = await this.#ask(admin, { ...wanted, revision: null });
    const request = { ...wanted, revision: reply.revision };
    const stored = { id: newId(), request, report: reply.state === 'done' ? reply.report : null };
    await this.rows.add(admin.principal.org, admin.principal.sub, stored);
    return stateOf(stored, reply);
  }

  /** @throws AppError `NOT_FOUND`; what ended it */
  async get(admin: Admin, id: string): Promise<SimulationState> {
    const { org } = admin.principal;
    const stored = await this.rows.find(org, id);
    if (stored.report !== null) return stateOf(stored, null);
    const reply = await this.#ask(admin, stored.request);
    if (reply.state === 'done') await this.rows.finish(org, id, reply.report);
    return stateOf(stored, reply);
  }

  /** @throws AppError `NOT_FOUND`; `FAILED_PRECONDITION` while there is no report */
  async report(admin: Admin, id: string): Promise<string> {
    const { report } = await this.rows.find(admin.principal.org, id);
    if (report === null) throw new AppError('FAILED_PRECONDITION', 'The simulation is not done yet.');
    return report;
  }

  /** @throws AppError `NOT_FOUND` */
  async remove(admin: Admin, id: string): Promise<void> {
    const { org } = admin.principal;
    const { request, report } = await this.rows.find(org, id);
    if (report === null) await this.#ask(admin, request, true);
    await this.rows.remove(org, id);
  }

  #ask(admin: Admin, simulation: Simulation, cancel?: true): Promise<SimulateReply> {
    const request = {
      assertion: this.assertions.issue(admin.principal, 'policy'),
      simulation,
      // The vault opens sealed sections for whoever is asking, and for nobody else.
      ...(simulation.sealed && { vaultAssertion: this.assertions.issue(admin.principal, 'vault') }),
    };
    return this.peers.call(VERBS.simulate, cancel === undefined ? request : { ...request, cancel });
  }
}

/** @param reply policy's answer; null where the report is known already */
function stateOf({ id, request, report }: StoredSimulation, reply: SimulateReply | null): SimulationState {
  const done = reply?.state === 'done' ? reply.report : report;
  return { simulation: id, request, ...(done === null ? underWay(reply) : finished(done)) };
}

type Standing = Omit<SimulationState, 'simulation' | 'request'>;

function finished(text: string): Standing {
  const report = simulationReportSchema.parse(JSON.parse(text));
  return { state: 'done', calls: report.calls.total, until: null, report };
}

function underWay(reply: SimulateReply | null): Standing {
  const { calls, until } = reply?.state === 'running' ? reply : { calls: 0, until: null };
  return { state: 'running', calls, until, report: null };
}
