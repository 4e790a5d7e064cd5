import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectEventStore, type EventStore } from '@portcullis/eventing';
import { CASES } from './cases.js';
import { Installation } from './installation.js';
import { runCase, type CaseResult } from './run-case.js';
import { writeTable } from './table.js';
import { failuresOf } from './verdict.js';

/** The cells that matter most are in `npm test`: `failures.e2e.ts`. */
let installation: Installation;
let store: EventStore;
const since = new Date();
const results: CaseResult[] = [];

beforeAll(async () => {
  installation = await Installation.start({ mounts: true });
  store = connectEventStore({ url: installation.eventStoreUrl() });
}, 180_000);

afterAll(async () => {
  await store?.close();
  await installation?.stop();
  if (results.length === CASES.length) writeTable(results);
}, 60_000);

/** It takes minutes: who waits sees how far it is. */
const progress = ({ case: { part, fault }, healedMs }: CaseResult, failures: string[]): string =>
  [`${new Date().toISOString()} ${part} ${fault}: healed after ${healedMs} ms`, ...failures].join('\n  ');

describe('when a part fails under load', () => {
  it.each(CASES.map((failure) => ({ name: `${failure.part} ${failure.fault}`, failure })))(
    '$name: every call is answered, nothing is unrecorded, lost or twice, and it heals by itself',
    async ({ failure }) => {
      const result = await runCase({ installation, store, since, answersOfEachKind: 3 }, failure);
      results.push(result);
      const failures = failuresOf(result);
      process.stderr.write(`${progress(result, failures)}\n`);
      expect(failures).toEqual([]);
    },
    240_000,
  );
});
