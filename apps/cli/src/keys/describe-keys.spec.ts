import { newId, type KeksReply } from '@portcullis/contracts';
import { describeKeys } from './describe-keys.js';

const ACME = newId();
const key = { seals: false, opens: true, organisation: null, problem: null, ownerKeys: 2 };
const problem = `The key "vault:acme" can not be used: its service is sealed. It is the organisation's own key.`;

it('shows whose a key is, what it does, why it is away, and whom a rewrap passed over', () => {
  const keys: KeksReply = {
    primary: 'local-1:v2',
    keks: [
      { ...key, kekId: 'local-1:v2', seals: true },
      { ...key, kekId: 'aws:acme', seals: true, organisation: ACME },
      { ...key, kekId: 'aws:old', opens: false, organisation: ACME, ownerKeys: 0 },
      { ...key, kekId: 'vault:acme', opens: false, organisation: ACME, problem, ownerKeys: 0 },
    ],
    rewrap: null,
    lastReport: {
      kid: 'vault-sign-1',
      sig: 's',
      report: {
        v: 1,
        rewrap: newId(),
        target: 'local-1:v2',
        organisations: [{ org: ACME, target: 'aws:acme', problem }],
        requestedBy: { org: newId(), kind: 'user', sub: newId() },
        startedAt: '2026-11-22T10:00:00.000Z',
        endedAt: '2026-11-22T10:00:01.000Z',
        before: { 'local-1': 4 },
        after: { 'local-1': 2, 'local-1:v2': 2 },
        moved: 2,
        unmoved: 2,
        unmovedKeys: [],
        passes: 3,
      },
    },
  };
  expect(describeKeys(keys).split('\n')).toEqual([
    'local-1:v2  seals and opens                                 2 owner keys',
    `aws:acme    seals and opens, of ${ACME}  2 owner keys`,
    `aws:old     OPENS NOTHING, of ${ACME}    0 owner keys`,
    `vault:acme  AWAY, of ${ACME}             0 owner keys`,
    `vault:acme: ${problem}`,
    'No rewrap is under way.',
    'Last rewrap: to local-1:v2, ended 2026-11-22T10:00:01.000Z, 2 moved, 2 LEFT under other keys. Signed by vault-sign-1.',
    `Passed over ${ACME}: ${problem}`,
  ]);
});
