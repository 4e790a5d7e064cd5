import { hash32Schema, labelSchema, policyStateSchema, ruleSchema, ulidSchema } from '@portcullis/contracts';
import { z } from 'zod';
import { roleName, serverSlug, toolName, userId } from '../http/admin-fields.js';
import { route } from '../http/route.js';

const read = { kind: 'key', operation: 'policy.read', scope: 'admin' } as const;
const write = { kind: 'key', operation: 'policy.write', scope: 'admin' } as const;

/** Policy tells its whole state in one message. */
export const TOO_LARGE = ['PAYLOAD_TOO_LARGE'] as const;

/** What every change of the policy answers: the revision from which on it holds. */
const changedSchema = z
  .strictObject({
    revision: z.int().min(0).meta({ description: 'Revision of the policy in which the change holds.' }),
    policyDigest: hash32Schema,
    facts: z.int().min(0).meta({ description: 'Facts that this led to; 0 when it was so already.' }),
  })
  .meta({ id: 'PolicyChange' });
export const changed = {
  status: 200,
  description: 'It holds from this revision on.',
  schema: changedSchema,
} as const;

const ruleBody = ruleSchema.meta({ id: 'Rule' });
const roleSchema = policyStateSchema.shape.roles.element;

export const GET_POLICY = route({
  id: 'getPolicy',
  method: 'GET',
  path: '/api/policy',
  tag: 'Policy',
  summary: 'The whole policy of the organisation at its present revision.',
  access: read,
  reply: { status: 200, description: 'The policy.', schema: policyStateSchema.meta({ id: 'Policy' }) },
  errors: TOO_LARGE,
});

export const LIST_REPLICAS = route({
  id: 'listPolicyReplicas',
  method: 'GET',
  path: '/api/policy/replicas',
  tag: 'Policy',
  summary: 'What each replica of the policy service decides on for the organisation.',
  access: read,
  reply: {
    status: 200,
    description:
      'Every replica that holds a lease; without revision and digest where it did not answer in time.',
    schema: z.strictObject({
      replicas: z.array(
        z.strictObject({
          replica: ulidSchema.meta({ description: 'Names the process; another one after each start.' }),
          revision: z.int().min(0).nullable(),
          policyDigest: hash32Schema.nullable(),
        }),
      ),
      agree: z.boolean().meta({ description: 'All have answered, and decide on the same policy.' }),
    }),
  },
});

export const LIST_ROLES = route({
  id: 'listRoles',
  method: 'GET',
  path: '/api/roles',
  tag: 'Roles',
  summary: 'Roles of the organisation, built-in ones too.',
  access: read,
  reply: { status: 200, description: 'All roles.', schema: z.strictObject({ roles: z.array(roleSchema) }) },
  errors: TOO_LARGE,
});

export const DEFINE_ROLE = route({
  id: 'defineRole',
  method: 'POST',
  path: '/api/roles',
  tag: 'Roles',
  summary: 'Define a role, or give it another description.',
  access: write,
  body: z.strictObject({ role: roleName, description: z.string().max(500).default('') }),
  reply: changed,
  errors: ['ALREADY_EXISTS'],
});

export const REMOVE_ROLE = route({
  id: 'removeRole',
  method: 'DELETE',
  path: '/api/roles/:role',
  tag: 'Roles',
  summary: 'Remove a role that no rule names; whoever held it holds it no more.',
  access: write,
  params: z.strictObject({ role: roleName }),
  reply: changed,
  errors: ['FAILED_PRECONDITION'],
});

const membership = z.strictObject({ user: userId, role: roleName });

export const GRANT_ROLE = route({
  id: 'grantRole',
  method: 'PUT',
  path: '/api/users/:user/roles/:role',
  tag: 'Roles',
  summary: 'Grant a role. The next call is decided with it.',
  access: write,
  params: membership,
  reply: changed,
  errors: ['NOT_FOUND'],
});

export const REVOKE_ROLE = route({
  id: 'revokeRole',
  method: 'DELETE',
  path: '/api/users/:user/roles/:role',
  tag: 'Roles',
  summary: 'Revoke a role. The last admin keeps theirs.',
  access: write,
  params: membership,
  reply: changed,
  errors: ['NOT_FOUND', 'FAILED_PRECONDITION'],
});

export const LIST_RULES = route({
  id: 'listRules',
  method: 'GET',
  path: '/api/rules',
  tag: 'Rules',
  summary: 'Rules of the organisation.',
  access: read,
  reply: { status: 200, description: 'All rules.', schema: z.strictObject({ rules: z.array(ruleBody) }) },
  errors: TOO_LARGE,
});

export const ADD_RULE = route({
  id: 'addRule',
  method: 'POST',
  path: '/api/rules',
  tag: 'Rules',
  summary: 'Add a rule. Unknown roles, users, servers and operators are refused; a deny always wins.',
  access: write,
  body: ruleBody,
  reply: changed,
  errors: ['ALREADY_EXISTS'],
});

export const REMOVE_RULE = route({
  id: 'removeRule',
  method: 'DELETE',
  path: '/api/rules/:rule',
  tag: 'Rules',
  summary: 'Remove a rule.',
  access: write,
  params: z.strictObject({ rule: ruleSchema.shape.id }),
  reply: changed,
});

const tool = z.strictObject({ slug: serverSlug, tool: toolName });

export const LABEL_TOOL = route({
  id: 'labelTool',
  method: 'PUT',
  path: '/api/servers/:slug/tools/:tool/label',
  tag: 'Tools',
  summary: 'Label a tool. What the server says of its tool may raise the label, never lower it.',
  access: write,
  params: tool,
  body: z.strictObject({ label: labelSchema }),
  reply: changed,
  errors: ['NOT_FOUND'],
});

export const UNLABEL_TOOL = route({
  id: 'unlabelTool',
  method: 'DELETE',
  path: '/api/servers/:slug/tools/:tool/label',
  tag: 'Tools',
  summary: 'Take the label away. An unlabelled tool counts as destructive and is denied.',
  access: write,
  params: tool,
  reply: changed,
  errors: ['NOT_FOUND'],
});

const whose = userId
  .nullable()
  .default(null)
  .meta({ description: 'For one user; null or missing: for everybody.' });

export const DISABLE_TOOL = route({
  id: 'disableTool',
  method: 'PUT',
  path: '/api/servers/:slug/tools/:tool/disabled',
  tag: 'Tools',
  summary: 'Switch a tool off, for one user or for everybody.',
  access: write,
  params: tool,
  body: z.strictObject({ user: whose }),
  reply: changed,
  errors: ['NOT_FOUND'],
});

export const ENABLE_TOOL = route({
  id: 'enableTool',
  method: 'DELETE',
  path: '/api/servers/:slug/tools/:tool/disabled',
  tag: 'Tools',
  summary: 'Switch a tool on again, for one user (`?user=`) or for everybody.',
  access: write,
  params: tool,
  query: z.strictObject({ user: userId.optional() }),
  reply: changed,
  errors: ['NOT_FOUND'],
});

export const ACCESS_ROUTES = [
  GET_POLICY,
  LIST_REPLICAS,
  LIST_ROLES,
  DEFINE_ROLE,
  REMOVE_ROLE,
  GRANT_ROLE,
  REVOKE_ROLE,
  LIST_RULES,
  ADD_RULE,
  REMOVE_RULE,
  LABEL_TOOL,
  UNLABEL_TOOL,
  DISABLE_TOOL,
  ENABLE_TOOL,
];
