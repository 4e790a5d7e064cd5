import {
  checkRequestSchema,
  explainReplySchema,
  hash32Schema,
  policyDocumentSchema,
  policyPlanSchema,
} from '@portcullis/contracts';
import { z } from 'zod';
import { route } from '../http/route.js';
import { changed, TOO_LARGE } from './access.routes.js';

const documentBody = policyDocumentSchema.meta({ id: 'PolicyDocument' });

export const PLAN_POLICY = route({
  id: 'planPolicy',
  method: 'POST',
  path: '/api/policy/plans',
  tag: 'Policy',
  summary:
    'What applying a policy document would change: findings, what is written, and who may do what. Changes nothing.',
  access: { kind: 'key', operation: 'policy.read', scope: 'admin' },
  asks: true,
  body: z.strictObject({ document: documentBody }),
  reply: { status: 200, description: 'The plan.', schema: policyPlanSchema.meta({ id: 'PolicyPlan' }) },
  errors: TOO_LARGE,
});

export const APPLY_POLICY = route({
  id: 'applyPolicy',
  method: 'PUT',
  path: '/api/policy',
  tag: 'Policy',
  summary:
    'Apply a policy document as a whole, or not at all. `basis` of a plan: only if nothing else has changed since.',
  access: { kind: 'key', operation: 'policy.write', scope: 'admin' },
  body: z.strictObject({ document: documentBody, basis: hash32Schema.optional() }),
  reply: changed,
  errors: ['CONFLICT', ...TOO_LARGE],
});

export const ROLL_BACK_POLICY = route({
  id: 'rollBackPolicy',
  method: 'POST',
  path: '/api/policy/rollbacks',
  tag: 'Policy',
  summary: 'Put an earlier version in force again.',
  access: { kind: 'key', operation: 'policy.write', scope: 'admin' },
  body: z.strictObject({ version: hash32Schema }),
  reply: changed,
  errors: ['NOT_FOUND'],
});

export const EXPLAIN_POLICY = route({
  id: 'explainPolicy',
  method: 'POST',
  path: '/api/policy/explanations',
  tag: 'Policy',
  summary:
    'What would be decided for a user, by which rule, and every rule that was considered. Nothing is done.',
  access: { kind: 'key', operation: 'policy.read', scope: 'admin' },
  asks: true,
  body: checkRequestSchema.omit({ atLeastRevision: true }),
  reply: {
    status: 200,
    description: 'The decision and the rules.',
    schema: explainReplySchema.meta({ id: 'PolicyExplanation' }),
  },
  errors: TOO_LARGE,
});

export const DOCUMENT_ROUTES = [PLAN_POLICY, APPLY_POLICY, ROLL_BACK_POLICY, EXPLAIN_POLICY];
