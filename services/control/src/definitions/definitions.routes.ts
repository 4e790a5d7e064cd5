import {
  hash32Schema,
  pinningSchema,
  policyStateSchema,
  toolDefinitionReplySchema,
} from '@portcullis/contracts';
import { z } from 'zod';
import { changed, TOO_LARGE } from '../access/access.routes.js';
import { serverSlug, toolName } from '../http/admin-fields.js';
import { route } from '../http/route.js';

const read = { kind: 'key', operation: 'policy.read', scope: 'admin' } as const;
const write = { kind: 'key', operation: 'policy.write', scope: 'admin' } as const;
const tool = z.strictObject({ slug: serverSlug, tool: toolName });
const definition = policyStateSchema.shape.definitions.element.omit({ srv: true });

export const LIST_DEFINITIONS = route({
  id: 'listToolDefinitions',
  method: 'GET',
  path: '/api/servers/:slug/definitions',
  tag: 'Tools',
  summary:
    'Digests of the definitions that the server has shown. Where `pinned` is not `seen`, the tool is quarantined.',
  access: read,
  params: z.strictObject({ slug: serverSlug }),
  reply: {
    status: 200,
    description: 'Tools whose definition was seen.',
    schema: z.strictObject({ pinning: pinningSchema, definitions: z.array(definition) }),
  },
  errors: ['NOT_FOUND', ...TOO_LARGE],
});

export const GET_DEFINITION = route({
  id: 'getToolDefinition',
  method: 'GET',
  path: '/api/servers/:slug/tools/:tool/definition',
  tag: 'Tools',
  summary: 'What the server says of its tool, what is pinned, and what differs.',
  access: read,
  params: tool,
  reply: {
    status: 200,
    description: 'Texts are the server’s own: show them as text, never as markup.',
    schema: toolDefinitionReplySchema.meta({ id: 'ToolDefinition' }),
  },
  errors: ['NOT_FOUND', ...TOO_LARGE],
});

export const APPROVE_DEFINITION = route({
  id: 'approveToolDefinition',
  method: 'PUT',
  path: '/api/servers/:slug/tools/:tool/definition',
  tag: 'Tools',
  summary: 'Pin the definition that was shown last, by its digest. CONFLICT when it has changed again since.',
  access: write,
  params: tool,
  body: z.strictObject({ digest: hash32Schema }),
  reply: changed,
  errors: ['NOT_FOUND', 'CONFLICT'],
});

export const SET_PINNING = route({
  id: 'setPinning',
  method: 'PUT',
  path: '/api/servers/:slug/pinning',
  tag: 'Tools',
  summary: 'Trust the first sight of a tool, ask for approval first, or do not pin at all.',
  access: write,
  params: z.strictObject({ slug: serverSlug }),
  body: z.strictObject({ pinning: pinningSchema }),
  reply: changed,
  errors: ['NOT_FOUND'],
});

export const DEFINITION_ROUTES = [LIST_DEFINITIONS, GET_DEFINITION, APPROVE_DEFINITION, SET_PINNING];
