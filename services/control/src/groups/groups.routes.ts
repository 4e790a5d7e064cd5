import { policyStateSchema } from '@portcullis/contracts';
import { z } from 'zod';
import { changed, TOO_LARGE } from '../access/access.routes.js';
import { roleName, userId } from '../http/admin-fields.js';
import { route } from '../http/route.js';

const read = { kind: 'key', operation: 'policy.read', scope: 'admin' } as const;
const write = { kind: 'key', operation: 'policy.write', scope: 'admin' } as const;

const groupSchema = policyStateSchema.shape.groups.element;
const membership = z.strictObject({ group: roleName, user: userId });

export const LIST_GROUPS = route({
  id: 'listGroups',
  method: 'GET',
  path: '/api/groups',
  tag: 'Groups',
  summary: 'Groups of the organisation and the roles that they bring.',
  access: read,
  reply: {
    status: 200,
    description: 'All groups.',
    schema: z.strictObject({ groups: z.array(groupSchema) }),
  },
  errors: TOO_LARGE,
});

export const DEFINE_GROUP = route({
  id: 'defineGroup',
  method: 'PUT',
  path: '/api/groups/:group',
  tag: 'Groups',
  summary: 'Define a group, or change its description and the roles that it brings. None brings "admin".',
  access: write,
  params: z.strictObject({ group: roleName }),
  body: z.strictObject({
    description: z.string().max(500).default(''),
    roles: z.array(roleName).max(64).default([]),
  }),
  reply: changed,
});

export const REMOVE_GROUP = route({
  id: 'removeGroup',
  method: 'DELETE',
  path: '/api/groups/:group',
  tag: 'Groups',
  summary: 'Remove a group that no rule names, with all memberships of it.',
  access: write,
  params: z.strictObject({ group: roleName }),
  reply: changed,
  errors: ['FAILED_PRECONDITION'],
});

export const ADD_GROUP_MEMBER = route({
  id: 'addGroupMember',
  method: 'PUT',
  path: '/api/groups/:group/members/:user',
  tag: 'Groups',
  summary: 'Take a member of the organisation into the group. The next call is decided with its roles.',
  access: write,
  params: membership,
  reply: changed,
  errors: ['NOT_FOUND'],
});

export const REMOVE_GROUP_MEMBER = route({
  id: 'removeGroupMember',
  method: 'DELETE',
  path: '/api/groups/:group/members/:user',
  tag: 'Groups',
  summary: 'Take a member out of the group.',
  access: write,
  params: membership,
  reply: changed,
  errors: ['NOT_FOUND'],
});

export const GROUP_ROUTES = [LIST_GROUPS, DEFINE_GROUP, REMOVE_GROUP, ADD_GROUP_MEMBER, REMOVE_GROUP_MEMBER];
