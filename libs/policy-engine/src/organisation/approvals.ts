import { AppError } from '@portcullis/contracts';
import type { FactData } from '../facts/facts.js';
import type { Actor } from '../facts/fields.js';
import type { Decider } from './decide.js';
import { rolesOf, type Approval, type ApprovalRequest, type PolicyState } from './state.js';

/** Requests of one person that wait at a time: more would bury the approvers. */
const MAX_PENDING = 20;

/** The request, grant or refusal that is alive for exactly this. A used one is not: the next time is asked for again. */
export function liveApproval(
  { approvals }: PolicyState,
  wanted: Pick<ApprovalRequest, 'user' | 'srv' | 'tool' | 'definition' | 'arguments' | 'rule'>,
  time: string,
): Approval | undefined {
  return [...approvals.values()].find(
    (one) => one.status !== 'consumed' && one.expiresAt > time && isAbout(one, wanted),
  );
}

/** Whether an approval was consumed by this call. Expiry counts when it is consumed: the call has begun. */
export const isConsumedBy = (
  { approvals }: PolicyState,
  call: string | undefined,
  wanted: Pick<ApprovalRequest, 'user' | 'srv' | 'tool' | 'definition' | 'arguments' | 'rule'>,
): string | undefined =>
  call === undefined
    ? undefined
    : [...approvals.values()].find((one) => one.call === call && isAbout(one, wanted))?.approval;

const BOUND = ['user', 'srv', 'tool', 'definition', 'arguments', 'rule'] as const;

const isAbout = (approval: Approval, wanted: Pick<ApprovalRequest, (typeof BOUND)[number]>): boolean =>
  BOUND.every((field) => approval[field] === wanted[field]);

const requestApproval: Decider<'RequestApproval'> = ({ time, request }, state) => {
  if (liveApproval(state, request, time) !== undefined) return [];
  const pending = [...state.approvals.values()].filter(
    ({ user, status, expiresAt }) => user === request.user && status === 'pending' && expiresAt > time,
  );
  if (pending.length >= MAX_PENDING) {
    throw new AppError('FAILED_PRECONDITION', `${MAX_PENDING} requests of this person wait for approval.`);
  }
  return [{ type: 'policy.ApprovalRequested', data: request }];
};

/** A second person, never the one who asks, and no agent on anybody's behalf. */
const decideApproval: Decider<'DecideApproval'> = ({ approval: id, verdict, time, by }, state) => {
  const approval = requireApproval(state, id);
  requireApprover(state, approval, by);
  const decided = verdict === 'grant' ? 'granted' : 'refused';
  if (approval.status === decided && approval.decidedBy === by.id) return [];
  if (approval.status !== 'pending')
    throw new AppError('FAILED_PRECONDITION', `The request has been ${approval.status} already.`);
  if (approval.expiresAt <= time) throw new AppError('FAILED_PRECONDITION', 'The request has expired.');
  const type = verdict === 'grant' ? 'policy.ApprovalGranted' : 'policy.ApprovalRefused';
  return [{ type, data: { approval: id } }];
};

/** Once, by one call. */
const consumeApproval: Decider<'ConsumeApproval'> = ({ approval: id, call, time }, state) => {
  const approval = requireApproval(state, id);
  if (approval.status === 'consumed' && approval.call === call) return [];
  if (approval.status !== 'granted' || approval.expiresAt <= time)
    throw new AppError('FAILED_PRECONDITION', 'The approval can not be used any more.');
  return [{ type: 'policy.ApprovalConsumed', data: { approval: id, call } }];
};

function requireApproval(state: PolicyState, id: string): Approval {
  const approval = state.approvals.get(id);
  if (approval === undefined) throw new AppError('NOT_FOUND', 'There is no such request for approval.');
  return approval;
}

/** Whom the rule names; admins where it names nobody. */
export function mayApprove(state: PolicyState, approval: Approval, user: string): boolean {
  const member = state.members.get(user);
  if (member === undefined || approval.user === user) return false;
  const { roles, groups } = approval;
  if (roles.length + groups.length === 0) return member.roles.has('admin');
  return (
    roles.some((role) => rolesOf(state, user).includes(role)) ||
    groups.some((group) => member.groups.has(group))
  );
}

function requireApprover(state: PolicyState, approval: Approval, by: Actor): void {
  if (by.kind === 'user' && by.id !== null && mayApprove(state, approval, by.id)) return;
  throw new AppError('DENIED_BY_POLICY', 'Only a second person whom the rule names may approve this.', {
    details: { rule: approval.rule },
  });
}

export const approvalDeciders = {
  RequestApproval: requestApproval,
  DecideApproval: decideApproval,
  ConsumeApproval: consumeApproval,
};

type Approvals = Pick<PolicyState, 'approvals'>;

function changed(state: PolicyState, id: string, change: Partial<Approval>): Partial<Approvals> {
  const known = state.approvals.get(id);
  return known === undefined ? {} : { approvals: new Map(state.approvals).set(id, { ...known, ...change }) };
}

/** Expired ones go when the next one comes, so that there are never more than were asked for lately. */
function requested(
  state: PolicyState,
  { time, org: _org, commandId: _commandId, actor: _actor, ...request }: FactData<'policy.ApprovalRequested'>,
): Approvals {
  const kept = [...state.approvals].filter(([, { expiresAt }]) => expiresAt > time);
  const approval: Approval = {
    ...request,
    requestedAt: time,
    status: 'pending',
    decidedBy: null,
    call: null,
  };
  return { approvals: new Map([...kept, [request.approval, approval]]) };
}

export const approvalEvolvers = {
  'policy.ApprovalRequested': requested,
  'policy.ApprovalGranted': (state: PolicyState, { approval, actor }: FactData<'policy.ApprovalGranted'>) =>
    changed(state, approval, { status: 'granted', decidedBy: actor.id }),
  'policy.ApprovalRefused': (state: PolicyState, { approval, actor }: FactData<'policy.ApprovalRefused'>) =>
    changed(state, approval, { status: 'refused', decidedBy: actor.id }),
  'policy.ApprovalConsumed': (state: PolicyState, { approval, call }: FactData<'policy.ApprovalConsumed'>) =>
    changed(state, approval, { status: 'consumed', call }),
};
