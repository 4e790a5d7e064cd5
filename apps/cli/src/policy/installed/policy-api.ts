import {
  explainReplySchema,
  policyPlanSchema,
  type CheckRequest,
  type ExplainReply,
  policyStateSchema,
  type PolicyDocument,
  type PolicyPlan,
  type PolicyState,
} from '@portcullis/contracts';
import { z } from 'zod';
import type { AdminApi } from '../../admin-api/admin-api.js';

const changedSchema = z.object({ revision: z.number(), policyDigest: z.string(), facts: z.number() });
export type Changed = z.infer<typeof changedSchema>;

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
