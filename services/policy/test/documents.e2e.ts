import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { VERBS, type PolicyDocument } from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { PolicyInstallation, type Who } from './support/policy-installation.js';
import { foundOrganisation, type SampleOrganisation } from './support/sample-organisation.js';

let installation: PolicyInstallation;
let home: SampleOrganisation;
let other: SampleOrganisation;

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  home = await foundOrganisation(installation);
  other = await foundOrganisation(installation, home);
});
afterAll(() => installation?.stop());

const document = (...rules: string[]): PolicyDocument => ({
  roles: { clerk: 'A description that stays in the stream' },
  groups: {},
  servers: {},
  guards: [],
  rules: rules.map((id) => ({
    id,
    effect: 'allow',
    subjects: { roles: ['clerk'] },
    servers: ['notes'],
    tools: ['*'],
  })),
});
const apply = (who: Who, wanted: PolicyDocument, basis?: string) =>
  installation.command(who, {
    type: 'ApplyPolicy',
    document: wanted,
    ...(basis === undefined ? {} : { basis }),
  });
const stateOf = async (who: Who) => {
  const control = await installation.as('control');
  return control.call(VERBS.policyState, { assertion: installation.assertion(who) });
};
const rulesOf = async (who: Who) => (await stateOf(who)).rules.map(({ id }) => id);

it('applies a document as a whole, on the version it was planned on', async () => {
  verifies('B7');
  const { version: basis } = await stateOf(home.admin);
  await expect(apply(home.member, document('first'))).rejects.toMatchObject({ code: 'DENIED_BY_POLICY' });
  expect(await apply(home.admin, document('first'), basis)).toMatchObject({ facts: 1 });
  expect(await rulesOf(home.admin)).toEqual(['first']);
  await expect(apply(home.admin, document('late'), basis)).rejects.toMatchObject({ code: 'CONFLICT' });
  const broken = { ...document('x', 'y'), servers: { nowhere: { tools: {} } } };
  await expect(apply(home.admin, broken)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(await rulesOf(home.admin)).toEqual(['first']);
});

it('rolls back to a version of this organisation, and records both by content address', async () => {
  verifies('B7');
  await apply(home.admin, document('old'));
  const { version } = await stateOf(home.admin);
  await apply(home.admin, document('new', 'newer'));
  const rollback = { type: 'RollbackPolicy' as const, version };
  await expect(installation.command(other.admin, rollback)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await installation.command(home.admin, rollback)).toMatchObject({ facts: 1 });
  expect(await rulesOf(home.admin)).toEqual(['old']);
  expect((await stateOf(home.admin)).version).toBe(version);
  await eventually(() => {
    const recorded = installation.audit.entries.filter(
      (entry) => entry.kind === 'fact' && entry.target?.id === version,
    );
    expect(recorded.map((entry) => entry.kind === 'fact' && entry.action)).toEqual([
      'policy.PolicyApplied.v1',
      'policy.PolicyRolledBack.v1',
    ]);
    expect(recorded[1]).toMatchObject({ data: { version, rules: 1 } });
    expect(JSON.stringify(recorded)).not.toContain('stays in the stream');
  });
});
