import {
  explainReplySchema,
  policyPlanSchema,
  type CheckRequest,
  type ExplainReply,
  policyStateSchema,
  simulationReportSchema,
  type PolicyDocument,
  type PolicyPlan,
  type PolicyState,
} from '@portcullis/contracts';
import { z } from 'zod';
import type { AdminApi } from '../../admin-api/admin-api.js';

const changedSchema = z.object({ revision: z.number(), policyDigest: z.string(), facts: z.number() });
export type Changed = z.infer<typeof changedSchema>;

export interface WantedSimulation {
  /** Null: none, so that the log is checked against the policy as it was. */
  document: PolicyDocument | null;
  from: string;
  to: string;
  basis: 'then' | 'now';
  /** Calls that depend on sealed sections are decided by them; missing: they are counted as inexact. */
  sealed?: true;
}

const simulationStateSchema = z.object({
  simulation: z.string(),
  state: z.enum(['running', 'done']),
  calls: z.number(),
  until: z.string().nullable(),
  report: simulationReportSchema.nullable(),
});
export type SimulationState = z.infer<typeof simulationStateSchema>;

/** What the admin API offers about the policy as a whole. */
export class PolicyApi {
  constructor(private readonly api: AdminApi) {}

  read(): Promise<PolicyState> {
    return this.api.call({ method: 'GET', path: '/api/policy', reply: policyStateSchema });
  }

  plan(document: PolicyDocument): Promise<PolicyPlan> {
    return this.api.call({
      method: 'POST',
      path: '/api/policy/plans',
      body: { document },
      reply: policyPlanSchema,
    });
  }

  explain(question: Omit<CheckRequest, 'atLeastRevision'>): Promise<ExplainReply> {
    return this.api.call({
      method: 'POST',
      path: '/api/policy/explanations',
      body: question,
      reply: explainReplySchema,
    });
  }

  startSimulation(wanted: WantedSimulation): Promise<SimulationState> {
    const path = '/api/policy/simulations';
    return this.api.call({ method: 'POST', path, body: wanted, reply: simulationStateSchema });
  }

  /** Waits some seconds for the end. */
  simulation(id: string): Promise<SimulationState> {
    return this.api.call({
      method: 'GET',
      path: `/api/policy/simulations/${id}`,
      reply: simulationStateSchema,
    });
  }

  /** All of it or nothing, and only on the version that it was planned on. */
  apply(document: PolicyDocument, basis: string): Promise<Changed> {
    return this.api.call({
      method: 'PUT',
      path: '/api/policy',
      body: { document, basis },
      reply: changedSchema,
    });
  }

  rollBack(version: string): Promise<Changed> {
    return this.api.call({
      method: 'POST',
      path: '/api/policy/rollbacks',
      body: { version },
      reply: changedSchema,
    });
  }
}
