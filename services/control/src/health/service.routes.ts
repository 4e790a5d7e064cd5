import { z } from 'zod';
import { route } from '../http/route.js';

const tag = 'Service';

export const GET_OPENAPI = route({
  id: 'getOpenApi',
  method: 'GET',
  path: '/api/openapi.json',
  tag,
  summary: 'This document.',
  access: { kind: 'public' },
  reply: { status: 200, description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()) },
});

export const GET_LIVE = route({
  id: 'getLive',
  method: 'GET',
  path: '/health/live',
  tag,
  summary: 'Whether the process answers.',
  access: { kind: 'public' },
  reply: { status: 200, description: 'It does.', schema: z.strictObject({ live: z.literal(true) }) },
});

export const GET_READY = route({
  id: 'getReady',
  method: 'GET',
  path: '/health/ready',
  tag,
  summary: 'Whether the process can serve a request.',
  access: { kind: 'public' },
  reply: {
    status: 200,
    description: 'It can.',
    schema: z.strictObject({
      ready: z.literal(true),
      /** Ready, but something that not every request needs is away. */
      degraded: z.boolean(),
      checks: z.array(
        z.strictObject({
          name: z.string(),
          ok: z.boolean(),
          problem: z.string().optional(),
          degrades: z.literal(true).optional(),
        }),
      ),
    }),
  },
  errors: ['UNAVAILABLE'],
});

export const SERVICE_ROUTES = [GET_OPENAPI, GET_LIVE, GET_READY];
