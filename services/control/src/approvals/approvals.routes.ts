import {
  approvalSchema,
  decideApprovalRequestSchema,
  listApprovalsReplySchema,
  ulidSchema,
} from '@portcullis/contracts';
import { z } from 'zod';
import { changed, TOO_LARGE } from '../access/access.routes.js';
import { route } from '../http/route.js';

/** Policy looks at who asks: approvers need not be admins. */
const holder = { kind: 'holder', scope: 'approvals' } as const;

export const LIST_APPROVALS = route({
  id: 'listApprovals',
  method: 'GET',
  path: '/api/approvals',
  tag: 'Approvals',
  summary:
    'Requests for approval: your own, those that you may decide (`mine`), and all for admins. Newest first.',
  access: holder,
  reply: {
    status: 200,
    description: 'The newest 500.',
    schema: listApprovalsReplySchema
      .omit({ revision: true })
      .extend({ approvals: z.array(approvalSchema.meta({ id: 'Approval' })).max(500) }),
  },
  errors: TOO_LARGE,
});

export const DECIDE_APPROVAL = route({
  id: 'decideApproval',
  method: 'PUT',
  path: '/api/approvals/:approval',
  tag: 'Approvals',
  summary:
    'Grant or refuse what somebody else has asked for. Whoever asked repeats exactly the same call then.',
  access: holder,
  params: z.strictObject({ approval: ulidSchema }),
  body: decideApprovalRequestSchema.pick({ verdict: true }),
  reply: changed,
  errors: ['NOT_FOUND', 'FAILED_PRECONDITION', 'DENIED_BY_POLICY'],
});

export const APPROVAL_ROUTES = [LIST_APPROVALS, DECIDE_APPROVAL];
