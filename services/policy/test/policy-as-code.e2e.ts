import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { VERBS, type PolicyDocument, type PolicyPlan } from '@portcullis/contracts';
import { verifies } from '../../../tools/verifies.js';
import { PolicyInstallation, type Who } from './support/policy-installation.js';
import { foundOrganisation, type SampleOrganisation } from './support/sample-organisation.js';

let installation: PolicyInstallation;
let home: SampleOrganisation;

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  home = await foundOrganisation(installation);
});
afterAll(() => installation?.stop());

const plan = async (who: Who, document: PolicyDocument): Promise<PolicyPlan> =>
  (await installation.as('control')).call(VERBS.policyPlan, {
    assertion: installation.assertion(who),
    document,
  });

const EMPTY: PolicyDocument = { roles: {}, groups: {}, servers: {}, rules: [], guards: [] };
const WRITES: PolicyDocument = {
  ...EMPTY,
  rules: [
    {
      id: 'write-short-notes',
      effect: 'allow',
      subjects: { roles: ['member'] },
      servers: ['notes'],
      tools: ['create_note'],
      when: { 'arguments.text': { $length: { $lte: 100 } } },
    },
  ],
};

it('a plan says what applying would do, and changes nothing', async () => {
  verifies('B7');
  const planned = await plan(home.admin, WRITES);
  expect(planned.findings).toEqual([]);
  expect(planned.changes.map(({ change, name }) => `${change} ${name}`)).toEqual([
    'removed members-read',
    'added write-short-notes',
  ]);
  const users = [home.admin.sub, home.member.sub].sort();
  expect(planned.rights).toEqual({
    complete: true,
    changes: [
      { server: 'notes', tool: 'create_note', before: 'never', after: 'depends', users, members: 2 },
      { server: 'notes', tool: 'list_notes', before: 'always', after: 'never', users, members: 2 },
    ],
  });
  expect(await plan(home.admin, WRITES)).toEqual(planned);
});

it('what a plan finds wrong is refused, all of it, with each reason', async () => {
  verifies('B7');
  const [rule] = WRITES.rules;
  const document = { ...WRITES, roles: { clerk: 'x' }, rules: [{ ...rule!, tools: ['create_not'] }] };
  const finding = { severity: 'error', code: 'unknown-tool', rule: rule!.id, at: '/rules/0/tools/0' };
  expect(await plan(home.admin, document)).toMatchObject({ version: null, findings: [finding] });
  await expect(installation.command(home.admin, { type: 'ApplyPolicy', document })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    details: { findings: [finding] },
  });
  expect((await plan(home.admin, EMPTY)).changes.map(({ name }) => name)).toEqual(['members-read']);
});

it('a plan is applied on the policy that it was made for, or not at all', async () => {
  verifies('B7');
  const { basis } = await plan(home.admin, WRITES);
  await installation.command(home.admin, { type: 'DefineRole', role: 'later', description: 'x' });
  const stale = { type: 'ApplyPolicy' as const, document: WRITES, basis };
  await expect(installation.command(home.admin, stale)).rejects.toMatchObject({ code: 'CONFLICT' });
  const again = await plan(home.admin, WRITES);
  await installation.command(home.admin, { ...stale, basis: again.basis });
  expect(await plan(home.admin, WRITES)).toMatchObject({
    basis: again.version,
    version: again.version,
    changes: [],
    rights: { changes: [], complete: true },
  });
});

it('an admin is told why something is decided for a user', async () => {
  verifies('B7');
  const control = await installation.as('control');
  const explain = (who: Who) =>
    control.call(VERBS.explainForAdmin, {
      assertion: installation.assertion(who),
      question: {
        principal: home.member.sub,
        operation: 'tool.call',
        server: 'notes',
        tool: 'create_note',
        arguments: { text: 'x'.repeat(101) },
        context: {},
      },
    });
  const { decision, rules } = await explain(home.admin);
  expect(decision).toMatchObject({ decision: 'deny', rule: 'default-deny', label: 'write' });
  expect(rules).toMatchObject([
    {
      rule: 'write-short-notes',
      applies: false,
      subject: { applies: true, roles: ['member'] },
      condition: { truth: 'no', leaves: [{ path: 'arguments.text', found: 'string' }] },
    },
  ]);
  await expect(explain(home.member)).rejects.toMatchObject({ code: 'DENIED_BY_POLICY' });
});

it('only admins see a plan', async () => {
  verifies('H2');
  await expect(plan(home.member, EMPTY)).rejects.toMatchObject({ code: 'DENIED_BY_POLICY' });
});
