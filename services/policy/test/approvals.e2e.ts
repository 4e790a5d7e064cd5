import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, VERBS, verifyToken, type Authorization, type AuthorizeRequest } from '@portcullis/contracts';
import type { RunningService } from '@portcullis/platform';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { PolicyInstallation, type Who } from './support/policy-installation.js';
import { foundOrganisation, type SampleOrganisation } from './support/sample-organisation.js';

let installation: PolicyInstallation;
let second: RunningService;
let home: SampleOrganisation;
let other: SampleOrganisation;
let auditor: Who;

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  home = await foundOrganisation(installation);
  other = await foundOrganisation(installation, home);
  auditor = { org: home.org, sub: newId(), sid: newId() };
  const everyone = { subjects: { everyone: true as const }, servers: ['*'], tools: ['create_note'] };
  await installation.command(
    home.admin,
    { type: 'DefineRole', role: 'auditor', description: '' },
    { type: 'AddMember', user: auditor.sub },
    { type: 'GrantRole', user: auditor.sub, role: 'auditor' },
    { type: 'AddRule', rule: { id: 'writes', effect: 'allow', ...everyone } },
    {
      type: 'AddRule',
      rule: { id: 'two-people', effect: 'require_approval', ...everyone, approval: { roles: ['auditor'] } },
    },
  );
  second = await installation.startReplica();
});
afterAll(async () => {
  await second?.stop();
  await installation?.stop();
});

const callOf = (text: string, change: Partial<AuthorizeRequest> = {}): AuthorizeRequest => ({
  assertion: installation.assertion(home.member),
  operation: 'tool.call',
  srv: home.srv,
  tool: 'create_note',
  observedDigest: null,
  arguments: { text },
  context: {},
  replyKeyHash: null,
  call: newId(),
  attempt: 1,
  ...change,
});
const authorize = async (request: AuthorizeRequest): Promise<Authorization> =>
  (await installation.as('gateway')).call(VERBS.authorize, request);
const list = async (who: Who) => {
  const control = await installation.as('control');
  return (await control.call(VERBS.listApprovals, { assertion: installation.assertion(who) })).approvals;
};
const decide = async (who: Who, approval: string, verdict: 'grant' | 'refuse', assertion?: string) => {
  const control = await installation.as('control');
  return control.call(VERBS.decideApproval, {
    assertion: assertion ?? installation.assertion(who),
    commandId: newId(),
    approval,
    verdict,
  });
};

/** Asks for a call that has to be approved, and gives the id of the request. */
async function held(request: AuthorizeRequest): Promise<string> {
  const answer = await authorize(request);
  expect(answer).toMatchObject({ decision: 'approval_required', rule: 'two-people', grants: null });
  const known = await list(auditor);
  const mentioned = known.find(({ approval }) => answer.message.includes(approval));
  expect(mentioned).toMatchObject({
    status: 'pending',
    user: home.member.sub,
    tool: 'create_note',
    mine: true,
  });
  return mentioned!.approval;
}

describe('a call that needs a second person', () => {
  verifies('B10');
  it('is granted once, after somebody else has approved exactly it', async () => {
    const approval = await held(callOf('publish'));
    expect(await held(callOf('publish'))).toBe(approval);
    await decide(auditor, approval, 'grant');
    expect((await authorize(callOf('something else'))).decision).toBe('approval_required');
    const request = callOf('publish');
    const answer = await authorize(request);
    expect(answer).toMatchObject({ decision: 'allow', rule: 'writes' });
    const keyring = installation.trust.keyring('audit');
    const grant = verifyToken(keyring, 'pc-grant+jwt', 'policy', answer.grants!.audit, new Date());
    expect(grant.apr).toBe(approval);
    expect((await authorize({ ...request, attempt: 2 })).decision).toBe('allow');
    expect((await authorize(callOf('publish'))).decision).toBe('approval_required');
    expect((await list(auditor)).find((one) => one.approval === approval)?.status).toBe('consumed');
  });

  it('is let through once, however many replicas are asked at once', async () => {
    const approval = await held(callOf('race'));
    await decide(auditor, approval, 'grant');
    const answers = await Promise.all(Array.from({ length: 12 }, () => authorize(callOf('race'))));
    expect(answers.filter(({ decision }) => decision === 'allow')).toHaveLength(1);
  });

  it('stays closed when it is refused, and is not asked for again until that has expired', async () => {
    const approval = await held(callOf('risky'));
    await decide(auditor, approval, 'refuse');
    const answer = await authorize(callOf('risky'));
    expect(answer.decision).toBe('approval_required');
    expect(answer.reasons.map(({ code }) => code)).toContain('approval_refused');
    expect(answer.message).toContain(approval);
  });

  it('is decided by nobody but whom the rule names, in person', async () => {
    const approval = await held(callOf('guarded'));
    await expect(decide(home.member, approval, 'grant')).rejects.toMatchObject({ code: 'DENIED_BY_POLICY' });
    await expect(decide(home.admin, approval, 'grant')).rejects.toMatchObject({ code: 'DENIED_BY_POLICY' });
    await expect(decide(other.admin, approval, 'grant')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const agent = installation.assertion({ ...auditor, agent: 'some-agent' });
    await expect(decide(auditor, approval, 'grant', agent)).rejects.toMatchObject({
      code: 'DENIED_BY_POLICY',
    });
    expect((await authorize(callOf('guarded'))).decision).toBe('approval_required');
    expect((await list(other.admin)).map((one) => one.approval)).not.toContain(approval);
  });

  it('leaves its facts in the audit trail, and not its arguments anywhere', async () => {
    const approval = await held(callOf('a-very-particular-text'));
    await decide(auditor, approval, 'grant');
    await authorize(callOf('a-very-particular-text'));
    await eventually(() => {
      const about = installation.audit.entries.filter(
        (entry) => entry.kind === 'fact' && entry.data['approval'] === approval,
      );
      expect(about.map((entry) => entry.kind === 'fact' && entry.action)).toEqual([
        'policy.ApprovalRequested.v1',
        'policy.ApprovalGranted.v1',
        'policy.ApprovalConsumed.v1',
      ]);
      expect(about[1]).toMatchObject({ actor: { kind: 'user', id: auditor.sub } });
    });
    expect(JSON.stringify(installation.audit.entries)).not.toContain('a-very-particular-text');
  });
});
