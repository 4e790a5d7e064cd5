import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectEventStore, type EventStore } from '@portcullis/eventing';
import { CASES, type FailureCase } from './cases.js';
import { Installation } from './installation.js';
import { runCase } from './run-case.js';
import { failuresOf } from './verdict.js';

/** The cells that matter most; all of them: `failure-table.long.ts`. */
const SHORT = [
  'policy paused',
  'audit stopped',
  'vault stopped',
  'nats restarted',
  'postgres paused',
  'eventstore disk full',
];

const named = (name: string): { name: string; failure: FailureCase } => {
  const failure = CASES.find(({ part, fault }) => `${part} ${fault}` === name);
  if (failure === undefined) throw new Error(`there is no case "${name}"`);
  return { name, failure };
};

let installation: Installation;
let store: EventStore;
const since = new Date();

beforeAll(async () => {
  installation = await Installation.start({ mounts: false });
  store = connectEventStore({ url: installation.eventStoreUrl() });
}, 120_000);

afterAll(async () => {
  await store?.close();
  await installation?.stop();
}, 30_000);

describe('when a part fails under load', () => {
  it.each(SHORT.map(named))(
    '$name: every call is answered, nothing is unrecorded, lost or twice, and it heals by itself',
    async ({ failure }) => {
      expect(
        failuresOf(await runCase({ installation, store, since, answersOfEachKind: 1 }, failure)),
      ).toEqual([]);
    },
    120_000,
  );
});
