import { eraseReplySchema, ulidSchema } from '@portcullis/contracts';
import { z } from 'zod';
import { displayName, emailAddress, pageQuery, time, userId } from '../http/admin-fields.js';
import { route } from '../http/route.js';

const userSchema = z
  .strictObject({
    user: userId,
    name: displayName,
    email: emailAddress.nullable(),
    kind: z.enum(['user', 'service']),
    status: z.enum(['pending', 'active', 'removed']).meta({
      description: '`pending`: not confirmed by policy yet; repeat the request that created it.',
    }),
    createdAt: time,
    removedAt: time.nullable(),
  })
  .meta({ id: 'User' });

const read = { kind: 'key', operation: 'directory.read', scope: 'admin' } as const;
const write = { kind: 'key', operation: 'directory.write', scope: 'admin' } as const;
const params = z.strictObject({ user: userId });
const tag = 'Users';
const VAULT_ERRORS = ['NOT_FOUND', 'FAILED_PRECONDITION', 'AUDIT_UNAVAILABLE', 'OUTCOME_UNRECORDED'] as const;

export const LIST_USERS = route({
  id: 'listUsers',
  method: 'GET',
  path: '/api/users',
  tag,
  summary: 'Users of the organisation, in order of their ids.',
  access: read,
  query: pageQuery,
  reply: {
    status: 200,
    description: 'One page.',
    schema: z.strictObject({ users: z.array(userSchema), next: ulidSchema.nullable() }),
  },
});

export const CREATE_USER = route({
  id: 'createUser',
  method: 'POST',
  path: '/api/users',
  tag,
  summary: 'Add a user: a member of the organisation without any role but `member`.',
  access: write,
  body: z.strictObject({
    name: displayName,
    email: emailAddress.nullable().default(null),
    kind: z.enum(['user', 'service']).default('user'),
  }),
  reply: { status: 201, description: 'The user.', schema: userSchema },
  errors: ['ALREADY_EXISTS'],
});

export const GET_USER = route({
  id: 'getUser',
  method: 'GET',
  path: '/api/users/:user',
  tag,
  summary: 'One user.',
  access: read,
  params,
  reply: { status: 200, description: 'The user.', schema: userSchema },
  errors: ['NOT_FOUND'],
});

export const REMOVE_USER = route({
  id: 'removeUser',
  method: 'DELETE',
  path: '/api/users/:user',
  tag,
  summary:
    "Remove a user. Membership and every key end at once, and the vault destroys the credentials that are the user's own. Admins are removed by another admin.",
  access: write,
  params,
  reply: { status: 204, description: 'Removed.' },
  errors: VAULT_ERRORS,
});

export const ERASE_USER = route({
  id: 'eraseUser',
  method: 'POST',
  path: '/api/users/:user/erasure',
  tag,
  summary:
    'Destroy the keys that personal fields about a removed user are sealed to, for good: in every record they become unreadable.',
  access: write,
  params,
  reply: {
    status: 201,
    description: 'How much this request has destroyed.',
    schema: eraseReplySchema.meta({ id: 'Erasure' }),
  },
  errors: VAULT_ERRORS,
});

export const USER_ROUTES = [LIST_USERS, CREATE_USER, GET_USER, REMOVE_USER, ERASE_USER];
