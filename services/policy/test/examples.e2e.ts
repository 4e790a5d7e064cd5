import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@portcullis/contracts';
import { verifies } from '../../../tools/verifies.js';
import { openClientToken } from './support/check-clients.js';
import { PolicyInstallation } from './support/policy-installation.js';
import { foundOrganisation, type SampleOrganisation } from './support/sample-organisation.js';

verifies('C2');

const EXAMPLES = join(import.meta.dirname, '../../../docs/examples/policy-api');
const STAND_INS = join(import.meta.dirname, 'stand-ins');
const directory = mkdtempSync(join(tmpdir(), 'portcullis-examples-'));
const bin = join(directory, 'bin');
let installation: PolicyInstallation;
let sample: SampleOrganisation;
let environment: Record<string, string>;

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  sample = await foundOrganisation(installation);
  const add = { type: 'AddPolicyClient' as const, client: newId(), name: 'examples' };
  const reply = await installation.command(sample.admin, add);
  const token = openClientToken(installation.trust.keyring('control'), sample.org, reply);
  const file = (name: string, content: string): string => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
    return join(directory, name);
  };
  environment = {
    // Nothing but the stand-ins, this Node and the system's own.
    PATH: [bin, dirname(process.execPath), '/usr/bin', '/bin'].join(':'),
    POLICY_TOKEN_FILE: file('token', `${token.revealText()}\n`),
    POLICY_GRPC: installation.grpcAddress,
    POLICY_AUTHZEN: installation.authzenUrl,
    NATS_URL: installation.nats.url,
    NATS_SEED_FILE: file('seed', installation.nats.seedOf('tool').revealText()),
  };
  mkdirSync(bin);
  for (const name of ['nats', 'grpcurl', 'curl']) {
    const script = `#!/bin/sh\nexec '${process.execPath}' '${join(STAND_INS, `${name}.mjs`)}' "$@"\n`;
    writeFileSync(join(bin, name), script);
    chmodSync(join(bin, name), 0o700);
  }
});
afterAll(async () => {
  await installation?.stop();
  rmSync(directory, { recursive: true, force: true });
});

interface Ran {
  code: number;
  stdout: string;
}

/** Runs an example as its page says. */
const run = (name: string, ...args: string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const [command, first] = name.endsWith('.ts')
      ? [process.execPath, ['--disable-warning=ExperimentalWarning', join(EXAMPLES, name)]]
      : ['sh', [join(EXAMPLES, name)]];
    execFile(command, [...first, ...args], { env: environment, timeout: 20_000 }, (error, stdout) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout }),
    );
  });

const EXAMPLE_FILES: [string, unknown, unknown][] = [
  ['check-over-nats.ts', { decision: 'allow' }, { decision: 'deny' }],
  ['check-over-grpc.ts', { allowed: true }, { allowed: false }],
];
const SCRIPTS: [string, unknown, unknown][] = [
  ['check-with-nats.sh', { decision: 'allow' }, { decision: 'deny' }],
  [
    'check-with-grpcurl.sh',
    { decision: { effect: 'EFFECT_ALLOW' } },
    { decision: { effect: 'EFFECT_DENY' } },
  ],
  ['check-with-curl.sh', { decision: true }, { decision: false }],
];

async function expectDecisions(name: string, allowed: unknown, denied: unknown): Promise<void> {
  const [yes, no] = await Promise.all(
    ['list_notes', 'create_note'].map((tool) => run(name, sample.member.sub, 'notes', tool)),
  );
  expect([yes!.code, JSON.parse(yes!.stdout)]).toEqual([0, expect.objectContaining(matching(allowed))]);
  expect([no!.code, JSON.parse(no!.stdout)]).toEqual([0, expect.objectContaining(matching(denied))]);
}

const matching = (wanted: unknown): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(wanted as object).map(([key, value]) => [
      key,
      typeof value === 'object' ? expect.objectContaining(value as object) : (value as unknown),
    ]),
  );

describe('the examples of the policy API', () => {
  it.each(EXAMPLE_FILES)('%s is answered', expectDecisions);

  it.each(SCRIPTS)('%s is answered, with a stand-in for the command that it calls', expectDecisions);

  it.each([...EXAMPLE_FILES, ...SCRIPTS])('%s never takes an error for an allow', async (name) => {
    const { code, stdout } = await run(name, 'nobody', 'notes', 'list_notes');
    expect(`${code} ${stdout}`).not.toMatch(/allow"|"allowed":true|EFFECT_ALLOW|"decision":true/);
    expect(code !== 0 || stdout.includes('INVALID_ARGUMENT')).toBe(true);
  });
});
