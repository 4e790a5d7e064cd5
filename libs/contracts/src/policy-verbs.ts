import {
  decideApprovalReplySchema,
  decideApprovalRequestSchema,
  listApprovalsReplySchema,
  listApprovalsRequestSchema,
} from './messages/policy-approvals.js';
import {
  authorizationSchema,
  authorizeAdminRequestSchema,
  authorizeRequestSchema,
  filteredToolsSchema,
  observeToolsReplySchema,
  observeToolsRequestSchema,
  filterToolsRequestSchema,
} from './messages/policy.js';
import {
  policyCommandReplySchema,
  policyCommandRequestSchema,
  activePolicyRequestSchema,
  activePolicySchema,
  policyStateRequestSchema,
  policyStateSchema,
  toolDefinitionReplySchema,
  toolDefinitionRequestSchema,
} from './messages/policy-admin.js';
import { POLICY_API_VERBS } from './policy-api-verbs.js';
import { verb } from './verb.js';

/** Request/reply subjects that policy serves. */
export const POLICY_VERBS = {
  authorize: verb(
    {
      subject: 'policy.v1.authorize',
      callee: 'policy',
      callers: ['gateway'],
      request: authorizeRequestSchema,
      reply: authorizationSchema,
    },
    { maxRequestKiB: 900, together: 32 },
  ),
  authorizeAdmin: verb(
    {
      subject: 'policy.v1.authorizeAdmin',
      callee: 'policy',
      callers: ['control'],
      request: authorizeAdminRequestSchema,
      reply: authorizationSchema,
    },
    { maxRequestKiB: 512 },
  ),
  filterTools: verb(
    {
      subject: 'policy.v1.filterTools',
      callee: 'policy',
      callers: ['gateway'],
      request: filterToolsRequestSchema,
      reply: filteredToolsSchema,
    },
    { maxRequestKiB: 900 },
  ),
  observeTools: verb(
    {
      subject: 'policy.v1.observeTools',
      callee: 'policy',
      callers: ['gateway'],
      request: observeToolsRequestSchema,
      reply: observeToolsReplySchema,
    },
    // Not `mutates`: what has been seen is seen, however often it is told.
    { maxRequestKiB: 900, timeoutMs: 5000 },
  ),
  ...POLICY_API_VERBS,
  policyCommand: verb(
    {
      subject: 'policy.v1.command',
      callee: 'policy',
      callers: ['control'],
      request: policyCommandRequestSchema,
      reply: policyCommandReplySchema,
    },
    { mutates: true, maxRequestKiB: 900, timeoutMs: 8000 },
  ),
  activePolicy: verb(
    {
      subject: 'policy.v1.active',
      callee: 'policy',
      callers: ['control'],
      request: activePolicyRequestSchema,
      reply: activePolicySchema,
    },
    // A replica that has just died still counts, and is waited for.
    { everyReplica: true, timeoutMs: 1000 },
  ),
  policyState: verb({
    subject: 'policy.v1.state',
    callee: 'policy',
    callers: ['control'],
    request: policyStateRequestSchema,
    reply: policyStateSchema,
  }),
  toolDefinition: verb({
    subject: 'policy.v1.toolDefinition',
    callee: 'policy',
    callers: ['control'],
    request: toolDefinitionRequestSchema,
    reply: toolDefinitionReplySchema,
  }),
  decideApproval: verb(
    {
      subject: 'policy.v1.decideApproval',
      callee: 'policy',
      callers: ['control'],
      request: decideApprovalRequestSchema,
      reply: decideApprovalReplySchema,
    },
    { mutates: true, timeoutMs: 8000 },
  ),
  listApprovals: verb({
    subject: 'policy.v1.listApprovals',
    callee: 'policy',
    callers: ['control'],
    request: listApprovalsRequestSchema,
    reply: listApprovalsReplySchema,
  }),
} as const;
