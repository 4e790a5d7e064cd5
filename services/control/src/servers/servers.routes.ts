import { destinationSchema, nameSchema, ownerKindSchema, ulidSchema } from '@portcullis/contracts';
import { z } from 'zod';
import { displayName, serverSlug, time } from '../http/admin-fields.js';
import { route } from '../http/route.js';

/** Headers that belong to HTTP, to MCP or to us: a credential in one of them would change what the request is. */
const RESERVED_HEADERS =
  /^(host|connection|content-.*|transfer-encoding|te|trailer|upgrade|keep-alive|proxy-.*|accept|accept-.*|expect|via|forwarded|x-forwarded-.*|mcp-.*|last-event-id|traceparent|tracestate)$/i;

const slot = z.strictObject({
  slot: nameSchema.meta({ description: 'Name of the credential slot.' }),
  owner: ownerKindSchema.meta({
    description: 'Whose credential: one of the organisation, or one of each user.',
  }),
  header: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be the name of a header')
    .refine((name) => !RESERVED_HEADERS.test(name), 'must not be a header that the protocol needs')
    .default('Authorization'),
  prefix: z
    .string()
    .max(32)
    .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')
    .default('')
    .meta({ description: 'Put before the credential, for example `Bearer ` with the blank.' }),
});

const slots = z
  .array(slot)
  .max(16)
  .refine(
    (given) => new Set(given.map((one) => one.slot)).size === given.length,
    'must not name a slot twice',
  )
  .refine(
    (given) => new Set(given.map((one) => one.header.toLowerCase())).size === given.length,
    'must not use a header twice',
  );

const url = z
  .url()
  .max(2000)
  .meta({ description: 'Streamable HTTP endpoint of the server, http or https, without user or password.' });

const serverSchema = z
  .strictObject({
    srv: ulidSchema.meta({ description: 'Id of the server.' }),
    slug: serverSlug,
    name: displayName,
    url,
    dst: destinationSchema.meta({
      description: 'Canonical origin of the URL: what credentials are bound to.',
    }),
    slots: z.array(slot),
    status: z.enum(['pending', 'active']),
    createdAt: time,
    changedAt: time,
  })
  .meta({ id: 'Server' });

const read = { kind: 'key', operation: 'directory.read', scope: 'admin' } as const;
const write = { kind: 'key', operation: 'directory.write', scope: 'admin' } as const;
const params = z.strictObject({ slug: serverSlug });
const tag = 'Servers';

export const LIST_SERVERS = route({
  id: 'listServers',
  method: 'GET',
  path: '/api/servers',
  tag,
  summary: 'Servers of the organisation, by slug.',
  access: read,
  reply: {
    status: 200,
    description: 'All servers.',
    schema: z.strictObject({ servers: z.array(serverSchema) }),
  },
});

export const CONNECT_SERVER = route({
  id: 'connectServer',
  method: 'POST',
  path: '/api/servers',
  tag,
  summary: 'Connect an MCP server. Its tools are unlabelled, hence denied, until they are labelled.',
  access: write,
  body: z.strictObject({ slug: serverSlug, name: displayName, url, slots: slots.default([]) }),
  reply: { status: 201, description: 'The server.', schema: serverSchema },
  errors: ['ALREADY_EXISTS', 'FAILED_PRECONDITION'],
});

export const GET_SERVER = route({
  id: 'getServer',
  method: 'GET',
  path: '/api/servers/:slug',
  tag,
  summary: 'One server.',
  access: read,
  params,
  reply: { status: 200, description: 'The server.', schema: serverSchema },
  errors: ['NOT_FOUND'],
});

export const CHANGE_SERVER = route({
  id: 'changeServer',
  method: 'PATCH',
  path: '/api/servers/:slug',
  tag,
  summary: 'Change name, URL or slots. Another origin suspends every credential stored for the old one.',
  access: write,
  params,
  body: z
    .strictObject({ name: displayName.optional(), url: url.optional(), slots: slots.optional() })
    .refine((change) => Object.keys(change).length > 0, 'must change something'),
  reply: { status: 200, description: 'The server.', schema: serverSchema },
  errors: ['NOT_FOUND'],
});

export const DELETE_SERVER = route({
  id: 'deleteServer',
  method: 'DELETE',
  path: '/api/servers/:slug',
  tag,
  summary:
    'Disconnect a server. Its labels end with it, the vault destroys every credential kept for it, and its slug is free again.',
  access: write,
  params,
  reply: { status: 204, description: 'Disconnected.' },
  errors: ['NOT_FOUND', 'AUDIT_UNAVAILABLE', 'OUTCOME_UNRECORDED'],
});

export const SERVER_ROUTES = [LIST_SERVERS, CONNECT_SERVER, GET_SERVER, CHANGE_SERVER, DELETE_SERVER];
