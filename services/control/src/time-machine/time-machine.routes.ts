import {
  decideAtReplySchema,
  operationSchema,
  simulationReportSchema,
  simulationSchema,
  ulidSchema,
  whoCouldReplySchema,
} from '@portcullis/contracts';
import { z } from 'zod';
import { serverSlug, time, toolName, userId } from '../http/admin-fields.js';
import { route } from '../http/route.js';

const tag = 'Time machine';
const read = { kind: 'key', operation: 'policy.read', scope: 'admin' } as const;

const moment = {
  time: time.optional(),
  revision: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .meta({ description: 'Revision of the policy; either this or a time.' }),
};
const UNTRUSTED = ['NOT_FOUND', 'FAILED_PRECONDITION'] as const;

export const DECIDE_AT = route({
  id: 'decideAt',
  method: 'GET',
  path: '/api/policy/at',
  tag,
  summary: 'What the policy of a past moment says to a question, with members, labels and rules of then.',
  access: read,
  query: z.strictObject({
    ...moment,
    principal: userId,
    operation: operationSchema.default('tool.call'),
    server: serverSlug,
    tool: toolName.optional(),
    arguments: z.string().max(32_768).optional().meta({ description: 'A JSON object; missing: none.' }),
    client: z.string().max(128).optional(),
    scopes: z
      .string()
      .max(1024)
      .optional()
      .meta({ description: 'Of the session, with blanks between them.' }),
  }),
  reply: { status: 200, description: 'The decision of then.', schema: decideAtReplySchema },
  errors: UNTRUSTED,
});

export const WHO_COULD = route({
  id: 'whoCould',
  method: 'GET',
  path: '/api/policy/who-could',
  tag,
  summary:
    'Who could have used a tool at a past moment. `complete` false: go on with `next` and the revision.',
  access: read,
  query: z.strictObject({
    ...moment,
    server: serverSlug,
    tool: toolName,
    limit: z.coerce.number().int().min(1).max(500).default(100),
    cursor: ulidSchema.optional().meta({ description: '`next` of the previous page.' }),
  }),
  reply: { status: 200, description: 'Members by id.', schema: whoCouldReplySchema },
  errors: UNTRUSTED,
});

const simulationId = ulidSchema.meta({ description: 'Id of a simulation (ULID).' });

const simulationState = z
  .strictObject({
    simulation: simulationId,
    state: z.enum(['running', 'done']),
    request: simulationSchema,
    calls: z.int().min(0).meta({ description: 'Decided again so far.' }),
    until: time.nullable(),
    report: simulationReportSchema.nullable(),
  })
  .meta({ id: 'Simulation' });

const one = z.strictObject({ simulation: simulationId });

export const START_SIMULATION = route({
  id: 'startSimulation',
  method: 'POST',
  path: '/api/policy/simulations',
  tag,
  summary: 'Decide the calls of a period again under a policy document. One runs at a time.',
  access: { kind: 'key', operation: 'audit.read', scope: 'admin' },
  body: z.strictObject({
    document: simulationSchema.shape.document.default(null),
    from: time,
    to: time,
    basis: simulationSchema.shape.basis.default('then'),
    sealed: simulationSchema.shape.sealed.meta({
      description:
        'Have the vault open the sealed sections of calls that depend on them. Each half minute of it is recorded.',
    }),
  }),
  reply: { status: 201, description: 'It runs, or is done already.', schema: simulationState },
  errors: UNTRUSTED,
});

export const GET_SIMULATION = route({
  id: 'getSimulation',
  method: 'GET',
  path: '/api/policy/simulations/:simulation',
  tag,
  summary: 'How far it is, and its report when it is done. Waits some seconds. Asked for no more, it ends.',
  access: { kind: 'key', operation: 'audit.read', scope: 'admin' },
  params: one,
  reply: { status: 200, description: 'State, and report.', schema: simulationState },
  errors: [...UNTRUSTED, 'CONFLICT'],
});

export const GET_SIMULATION_REPORT = route({
  id: 'getSimulationReport',
  method: 'GET',
  path: '/api/policy/simulations/:simulation/report',
  tag,
  summary: 'The report as canonical JSON (RFC 8785): the same bytes each time.',
  access: { kind: 'key', operation: 'audit.read', scope: 'admin' },
  params: one,
  reply: { status: 200, description: 'The report.', mediaTypes: ['application/json'] },
  errors: UNTRUSTED,
});

export const REMOVE_SIMULATION = route({
  id: 'removeSimulation',
  method: 'DELETE',
  path: '/api/policy/simulations/:simulation',
  tag,
  summary: 'Cancel a simulation, or forget its report.',
  access: { kind: 'key', operation: 'audit.read', scope: 'admin' },
  params: one,
  reply: { status: 204, description: 'It is gone.' },
  errors: ['NOT_FOUND'],
});

export const TIME_MACHINE_ROUTES = [
  DECIDE_AT,
  WHO_COULD,
  START_SIMULATION,
  GET_SIMULATION,
  GET_SIMULATION_REPORT,
  REMOVE_SIMULATION,
];
