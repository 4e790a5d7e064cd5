import {
  checkManyReplySchema,
  checkManyRequestSchema,
  explainReplySchema,
  listAllowedReplySchema,
  listAllowedRequestSchema,
} from './messages/policy-api.js';
import { checkRequestSchema, decisionSchema } from './messages/policy.js';
import { verb } from './verb.js';

/**
 * What internal tools ask of policy. Services have no organisation of their own, so none of them calls here: only policy
 * clients do, whose tokens carry one. The user `tool` of the broker publishes these and nothing else.
 */
export const POLICY_API_VERBS = {
  check: verb(
    {
      subject: 'policy.v1.check',
      callee: 'policy',
      callers: [],
      request: checkRequestSchema,
      reply: decisionSchema,
    },
    { maxRequestKiB: 900 },
  ),
  checkMany: verb(
    {
      subject: 'policy.v1.checkMany',
      callee: 'policy',
      callers: [],
      request: checkManyRequestSchema,
      reply: checkManyReplySchema,
    },
    { maxRequestKiB: 900 },
  ),
  listAllowed: verb(
    {
      subject: 'policy.v1.listAllowed',
      callee: 'policy',
      callers: [],
      request: listAllowedRequestSchema,
      reply: listAllowedReplySchema,
    },
    { maxRequestKiB: 16 },
  ),
  explain: verb(
    {
      subject: 'policy.v1.explain',
      callee: 'policy',
      callers: [],
      request: checkRequestSchema,
      reply: explainReplySchema,
    },
    { maxRequestKiB: 900 },
  ),
} as const;
