import {
  decideAtReplySchema,
  decideAtRequestSchema,
  whoCouldReplySchema,
  whoCouldRequestSchema,
} from './messages/policy-history.js';
import { decidedCallsReplySchema, decidedCallsRequestSchema } from './messages/decided-calls.js';
import { simulateReplySchema, simulateRequestSchema } from './messages/policy-simulation.js';
import { verb } from './verb.js';

/** Verbs about the past of a policy; part of `VERBS`. */
export const HISTORY_VERBS = {
  decideAt: verb(
    {
      subject: 'policy.v1.decideAt',
      callee: 'policy',
      callers: ['control'],
      request: decideAtRequestSchema,
      reply: decideAtReplySchema,
    },
    // A long history is read and verified from its first fact.
    { timeoutMs: 15_000 },
  ),
  whoCould: verb(
    {
      subject: 'policy.v1.whoCould',
      callee: 'policy',
      callers: ['control'],
      request: whoCouldRequestSchema,
      reply: whoCouldReplySchema,
    },
    { timeoutMs: 15_000 },
  ),
  simulate: verb(
    {
      subject: 'policy.v1.simulate',
      callee: 'policy',
      callers: ['control'],
      request: simulateRequestSchema,
      reply: simulateReplySchema,
    },
    { maxRequestKiB: 900, timeoutMs: 20_000 },
  ),
  decidedCalls: verb(
    {
      subject: 'audit.v1.decidedCalls',
      callee: 'audit',
      callers: ['policy'],
      request: decidedCallsRequestSchema,
      reply: decidedCallsReplySchema,
    },
    { timeoutMs: 20_000 },
  ),
} as const;
