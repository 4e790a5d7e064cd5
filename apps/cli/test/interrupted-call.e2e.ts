import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifies } from '../../../tools/verifies.js';
import { Admin } from './admin.js';
import { olderClient } from './clients.js';
import { eventually } from './eventually.js';
import { runUp, type RunningUp } from './run-up.js';

interface Report {
  member: string;
  mcp: string;
  admin: string;
  apiKey: string;
  adminKey: string;
  pids: Record<string, number>;
}

interface Row {
  record: {
    type: string;
    recordId: string;
    call: { id: string; intent: string | null };
    outcome: { result: string } | null;
  };
}

const SLOW = 'trigger-long-running-operation';

let root: string;
let up: RunningUp;
let report: Report;
let admin: Admin;

const recordsOf = async (outcome: string): Promise<Row['record'][]> => {
  const { body } = await admin.json<{ records: Row[] }>(
    'GET',
    `/api/audit/records?class=calls&tool=${SLOW}&outcome=${outcome}`,
  );
  return body.records.map((row) => row.record);
};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-interrupted-'));
  process.env['PORTCULLIS_SET_AUDIT_INTENT_DEADLINE_MS'] = '4000';
  up = await runUp(join(root, 'data'));
  delete process.env['PORTCULLIS_SET_AUDIT_INTENT_DEADLINE_MS'];
  report = up.report as unknown as Report;
  admin = new Admin(report.admin, report.adminKey);
  await admin.json('PUT', `/api/users/${report.member}/roles/writer`);
}, 120_000);

afterAll(async () => {
  if (up?.process.exitCode === null) await up.end('SIGTERM');
  rmSync(root, { recursive: true, force: true });
}, 30_000);

describe('a gateway that is killed in mid-call', () => {
  it('leaves an intent that becomes Interrupted, and the next call works', async () => {
    verifies('B1');
    const client = await olderClient(`${report.mcp}/everything`, report.apiKey);
    const cut = client.call(SLOW, { duration: 30, steps: 2 }).catch((error: Error) => error);
    const [intent] = await eventually(async () => {
      const pending = await recordsOf('pending');
      expect(pending).toHaveLength(1);
      return pending;
    });
    expect(intent).toMatchObject({ type: 'ToolCallAuthorized' });

    process.kill(report.pids['gateway']!, 'SIGKILL');
    // The connection broke: the client can't know what became of the call.
    expect(await cut).toMatchObject({ message: expect.any(String), stack: expect.any(String) });

    const closed = await eventually(async () => {
      const records = await recordsOf('interrupted');
      expect(records.map((record) => record.type)).toContain('ToolCallInterrupted');
      return records;
    }, 20_000);
    const interrupted = closed.filter((record) => record.type === 'ToolCallInterrupted');
    expect(interrupted).toHaveLength(1);
    expect(interrupted[0]).toMatchObject({
      call: { id: intent?.call.id, intent: intent?.recordId },
      outcome: { result: 'interrupted' },
    });
    expect(await recordsOf('pending')).toEqual([]);

    const again = await eventually(() => olderClient(`${report.mcp}/everything`, report.apiKey), 20_000);
    expect(await again.call('echo', { message: 'back' })).toContain('back');
    await again.close();
  }, 90_000);
});
