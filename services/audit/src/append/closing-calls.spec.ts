import { b64u, newId, payloadHash, type AppendEntry, type AuditRecord } from '@portcullis/contracts';
import { createLogger } from '@portcullis/platform';
import { eventually } from '@portcullis/platform/testing';
import { InterruptOverdue, type InterruptParts } from '../interruption/interrupt-overdue.js';
import { AppendClock } from './append-clock.js';
import { AppendEntries, type AppendParts } from './append-entries.js';
import { ClosingCalls } from './closing-calls.js';

const ORG = newId();
const GRANT = `header.${b64u(Buffer.from('{}'))}.tag`;
const GRANT_HASH = b64u(payloadHash(GRANT));
const NOW = new Date();

/** Both ways of closing one call, over a log whose appends wait until they are let go. */
function closing() {
  const appended: string[] = [];
  const waiting: (() => void)[] = [];
  const log = {
    run: async (record: { type: string }) => {
      appended.push(record.type);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { recordId: 'r', stream: 's', revision: 0, dataHash: 'h' };
    },
  };
  const calls = new ClosingCalls();
  const entries = new AppendEntries({
    accept: { run: () => Promise.resolve({ record: { type: 'outcome', recordId: 'o' }, grant: null }) },
    records: log,
    closing: calls,
    logger: createLogger('audit', 'silent'),
    deadlineMs: 1000,
    now: () => NOW,
  } as unknown as AppendParts);
  const overdue = new InterruptOverdue({
    projection: {
      overdue: () => Promise.resolve([{ org: ORG, grantHash: GRANT_HASH }]),
      pendingIntent: () => Promise.resolve(intent),
    },
    barrier: { reached: () => Promise.resolve() },
    records: log as unknown as InterruptParts['records'],
    closing: calls,
    clock: new AppendClock(() => NOW),
    deadlineMs: 1000,
  });
  const outcome = { kind: 'outcome', recordId: 'o', grant: GRANT } as AppendEntry;
  return { appended, waiting, overdue, send: () => entries.run([outcome], 'gateway') };
}

const intent = {
  org: ORG,
  recordId: newId(),
  digests: { grant: GRANT_HASH },
  call: { id: newId(), attempt: 1 },
} as unknown as AuditRecord;

describe('an outcome and an interruption of the same call', () => {
  it('are not recorded side by side: while the outcome is, nobody gives the call up', async () => {
    const { appended, waiting, overdue, send } = closing();
    const sent = send();
    await eventually(() => expect(appended).toEqual(['outcome']));
    expect(await overdue.run()).toBe(0);
    waiting.shift()!();
    await sent;
    expect(appended).toEqual(['outcome']);
  });

  it('are not recorded side by side: an outcome waits until the call has been given up', async () => {
    const { appended, waiting, overdue, send } = closing();
    const interrupted = overdue.run();
    await eventually(() => expect(appended).toEqual(['ToolCallInterrupted']));
    const sent = send();
    await new Promise((resolve) => setImmediate(resolve));
    expect(appended).toEqual(['ToolCallInterrupted']);
    waiting.shift()!();
    expect(await interrupted).toBe(1);
    await eventually(() => expect(appended).toEqual(['ToolCallInterrupted', 'outcome']));
    waiting.shift()!();
    await sent;
  });
});
