import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { b64u, newId, VERBS, type Authorization } from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { randomBytes } from 'node:crypto';
import { PolicyInstallation, type Who } from './support/policy-installation.js';
import { foundOrganisation, type SampleOrganisation } from './support/sample-organisation.js';

let installation: PolicyInstallation;
let sample: SampleOrganisation;

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  sample = await foundOrganisation(installation);
});
afterAll(() => installation?.stop());

async function authorize(who: Who): Promise<Authorization> {
  return (await installation.as('gateway')).call(VERBS.authorize, {
    assertion: installation.assertion(who),
    operation: 'tool.call',
    srv: sample.srv,
    tool: 'list_notes',
    observedDigest: b64u(randomBytes(32)),
    arguments: {},
    context: {},
    replyKeyHash: null,
    call: newId(),
    attempt: 1,
  });
}

describe('a restarted replica', () => {
  it('decides as before, with the same policy digest, and does not relay everything again', async () => {
    const before = await authorize(sample.member);
    const facts = before.revision + 1;
    await eventually(() => expect(installation.audit.entries).toHaveLength(facts));
    await installation.policy.stop();
    installation.policy = await installation.startReplica();
    expect(await authorize(sample.member)).toMatchObject({
      decision: 'allow',
      rule: before.rule,
      revision: before.revision,
      policyDigest: before.policyDigest,
    });
    await installation.command(sample.admin, { type: 'DefineRole', role: 'after', description: '' });
    await eventually(() => expect(JSON.stringify(installation.audit.entries)).toContain('"after"'));
    expect(installation.audit.entries).toHaveLength(facts + 1);
    // What was under way when it stopped may be sent once more.
    expect(installation.audit.repeated).toBeLessThan(facts);
  });
});
