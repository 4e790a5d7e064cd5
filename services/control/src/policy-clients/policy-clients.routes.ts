import { policyStateSchema, ulidSchema } from '@portcullis/contracts';
import { z } from 'zod';
import { displayName, shownOnce } from '../http/admin-fields.js';
import { route } from '../http/route.js';

const client = ulidSchema.meta({ description: 'Id of a policy client.' });
const tag = 'Policy clients';

export const LIST_CLIENTS = route({
  id: 'listPolicyClients',
  method: 'GET',
  path: '/api/policy/clients',
  tag,
  summary: 'Internal tools that may ask the policy API about this organisation.',
  access: { kind: 'key', operation: 'policy.read', scope: 'admin' },
  reply: {
    status: 200,
    description: 'All clients.',
    schema: z.strictObject({ clients: policyStateSchema.shape.clients }),
  },
  errors: ['PAYLOAD_TOO_LARGE'],
});

export const ADD_CLIENT = route({
  id: 'addPolicyClient',
  method: 'POST',
  path: '/api/policy/clients',
  tag,
  summary: 'Let an internal tool ask the policy API. Its token is in this answer only.',
  access: { kind: 'key', operation: 'policy.write', scope: 'admin' },
  body: z.strictObject({ name: displayName }),
  reply: {
    status: 201,
    description: 'The client and its token, `pcc_…`.',
    schema: z
      .strictObject({ client, name: displayName, token: shownOnce })
      .meta({ id: 'PolicyClientWithToken' }),
  },
});

export const REVOKE_CLIENT = route({
  id: 'revokePolicyClient',
  method: 'DELETE',
  path: '/api/policy/clients/:client',
  tag,
  summary: 'Revoke a policy client, at once.',
  access: { kind: 'key', operation: 'policy.write', scope: 'admin' },
  params: z.strictObject({ client }),
  reply: { status: 204, description: 'Revoked.' },
});

export const POLICY_CLIENT_ROUTES = [LIST_CLIENTS, ADD_CLIENT, REVOKE_CLIENT];
