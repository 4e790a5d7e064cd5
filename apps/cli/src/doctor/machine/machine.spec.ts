import { diskSpaceCheck } from './disk-space.js';
import { judgeVariables } from './environment.js';
import { judgeLoad } from './load.js';
import { natsServerCheck } from './nats-server.js';
import { judgeRuntime } from './node.js';
import type { Check } from '../run-checks.js';
import type { Finding } from '../finding.js';

const MIB = 1024 * 1024;
const signal = new AbortController().signal;
const made = async (check: Check): Promise<Finding[]> => check.run(signal);

it.each([
  ['22.13.0', 'linux', 'x64', 'ok'],
  ['22.12.9', 'linux', 'x64', 'fail'],
  ['20.20.2', 'linux', 'x64', 'fail'],
  ['24.1.0', 'linux', 'x64', 'warn'],
  ['22.23.3', 'darwin', 'arm64', 'fail'],
  ['22.23.3', 'linux', 'riscv64', 'warn'],
])('judges Node %s on %s %s', (version, platform, arch, status) => {
  expect(judgeRuntime({ version, platform, arch })).toMatchObject([{ status }]);
});

describe('disk space', () => {
  it.each([
    [100 * MIB - 1, 'fail'],
    [100 * MIB, 'warn'],
    [1024 * MIB - 1, 'warn'],
    [1024 * MIB, 'ok'],
  ])('of %d bytes', async (bytes, status) => {
    expect(await made(diskSpaceCheck('/data', async () => bytes))).toMatchObject([{ status }]);
  });

  it('is that of the directory above while there is none', async () => {
    const freeAt = async (path: string): Promise<number> => {
      if (path !== '/srv') throw new Error('ENOENT');
      return 50 * MIB;
    };
    const findings = await made(diskSpaceCheck('/srv/a/b', freeAt));
    expect(findings).toMatchObject([{ status: 'fail', reason: expect.stringContaining('at /srv:') }]);
  });
});

it.each([
  [0.5, 2, 'ok'],
  [8, 2, 'ok'],
  [8.1, 2, 'info'],
  [8.1, 4, 'ok'],
])('says of a load of %d on %d processors how far answers can be relied on', (load, processors, status) => {
  expect(judgeLoad(load, processors)).toMatchObject([{ status }]);
});

describe('variables', () => {
  it.each([
    [['PATH', 'PORTCULLIS_KEY', 'PORTCULLIS_SET_AUDIT_INTENT_DEADLINE_MS'], 'ok', null],
    [['PORTCULLIS_REPLICAS_GATEWAY'], 'ok', null],
    [['PORTCULLIS_REPLICA_GATEWAY'], 'warn', 'did you mean PORTCULLIS_REPLICAS_GATEWAY?'],
    [['PORTCULLIS_KEYS'], 'warn', 'did you mean PORTCULLIS_KEY?'],
    [['PORTCULLIS_SET_ADUIT_INTENT_DEADLINE_MS'], 'warn', 'PORTCULLIS_SET_AUDIT_INTENT_DEADLINE_MS'],
    [['PORTCULLIS_SET_AUDIT_'], 'warn', null],
    [['PORTCULLIS_COLOUR'], 'warn', 'unset PORTCULLIS_COLOUR'],
  ])('%j', (names, status, hint) => {
    const [finding] = judgeVariables(names);
    expect(finding).toMatchObject({ status });
    if (hint !== null) expect(finding!.mend).toContain(hint);
  });
});

describe('nats-server', () => {
  it.each([
    [
      'is missing',
      () => {
        throw new Error('There is no nats-server on this machine');
      },
      'There is no nats-server',
    ],
    ['does not run', () => '/bin/false', '/bin/false does not run'],
    ['says nothing', () => '/bin/true', '/bin/true does not run'],
  ])('%s', async (_, locate, reason) => {
    const findings = await made(natsServerCheck(locate));
    expect(findings).toMatchObject([{ status: 'fail', reason: expect.stringContaining(reason) }]);
  });
});
