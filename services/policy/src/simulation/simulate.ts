import { AppError, type SimulateReply, type SimulateRequest, type Simulation } from '@portcullis/contracts';
import { requireAdmin } from '../admin/require-admin.js';
import type { PrincipalVerifier } from '../authorize/principal-verifier.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import type { Job, Simulations } from './simulations.js';

export interface SimulateParts {
  principals: PrincipalVerifier;
  decisions: PolicyDecisions;
  simulations: Simulations;
  now(): Date;
}

/** How long an answer waits for the end, milliseconds. */
const WAIT_MS = 3000;

/** Tells an admin what a policy would have done to the calls of a period. It reads what people did, so both rights are needed. */
export class Simulate {
  constructor(
    private readonly parts: SimulateParts,
    private readonly waitMs = WAIT_MS,
  ) {}

  /**
   * @throws AppError UNAUTHENTICATED, DENIED_BY_POLICY, INVALID_ARGUMENT (what applying the document would throw, too),
   * RATE_LIMITED, UNAVAILABLE, FAILED_PRECONDITION when facts can't be trusted, CONFLICT when it was cancelled
   */
  async run({ assertion, simulation, vaultAssertion, cancel }: SimulateRequest): Promise<SimulateReply> {
    const { principals, decisions, simulations } = this.parts;
    const principal = principals.verify(assertion);
    requireAdmin(decisions, principal, 'audit.read');
    const today = requireAdmin(decisions, principal, 'policy.read');
    this.#requirePeriod(simulation);
    const { org } = principal.claims;
    const revision = simulation.revision ?? today.revision;
    const pinned = { ...simulation, revision };
    if (cancel === true) {
      simulations.cancel({ org, simulation: pinned });
      return { state: 'cancelled', revision };
    }
    const reader = simulation.sealed && { principal, vaultAssertion: needed(vaultAssertion) };
    return this.#answer(simulations.find({ org, simulation: pinned, reader }), revision);
  }

  async #answer({ ended, run }: Job, revision: number): Promise<SimulateReply> {
    let timer: NodeJS.Timeout | undefined;
    const later = new Promise<null>((resolve) => (timer = setTimeout(() => resolve(null), this.waitMs)));
    try {
      const report = await Promise.race([ended, later]);
      if (report !== null) return { state: 'done', revision, report };
      return { state: 'running', revision, ...run.progress };
    } finally {
      clearTimeout(timer);
    }
  }

  /** A period that goes on could come out differently each time. */
  #requirePeriod({ from, to }: Simulation): void {
    if (from >= to) throw new AppError('INVALID_ARGUMENT', 'The period is empty: "from" is not before "to".');
    if (to > this.parts.now().toISOString()) {
      throw new AppError('INVALID_ARGUMENT', 'The period must have ended: "to" is in the future.');
    }
  }
}

function needed(vaultAssertion: string | undefined): string {
  if (vaultAssertion !== undefined) return vaultAssertion;
  throw new AppError('INVALID_ARGUMENT', 'To open sealed sections, an assertion for the vault is needed.');
}
