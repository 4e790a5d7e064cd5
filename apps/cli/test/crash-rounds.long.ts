import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Admin } from './admin.js';
import { eventually } from './eventually.js';
import { runUp, type RunningUp } from './run-up.js';

/** Reduced forms in `npm test`: `up.e2e.ts` kills each part once, `interrupted-call.e2e.ts` a gateway in mid-call. */
const ROUNDS = 3;
const PARTS = ['gateway', 'policy', 'audit', 'vault', 'control', 'eventstore', 'nats', 'postgres'];
const CALLERS = 4;
const HEALS_WITHIN_MS = 90_000;

interface Report {
  mcp: string;
  admin: string;
  apiKey: string;
  adminKey: string;
  pids: Record<string, number>;
}

interface ExportedRecord {
  type: string;
  recordId: string;
  action: { tool: string | null };
  call: { id: string; intent: string | null } | null;
}

const CLOSING = new Set([
  'ToolCallCompleted',
  'ToolCallInterrupted',
  'AbortedBeforeEffect',
  'OutcomeRecovered',
]);

let root: string;
let up: RunningUp;
let report: Report;
let admin: Admin;
let answered = 0;
let refused = 0;
let calling = true;

async function call(): Promise<boolean> {
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_notes', arguments: {} } };
  try {
    const response = await fetch(`${report.mcp}/notes`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${report.apiKey}`,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(70_000),
    });
    const answer = (await response.json()) as { result?: { content: { text: string }[] } };
    return answer.result?.content[0]?.text.includes('Welcome') ?? false;
  } catch {
    return false;
  }
}

async function keepCalling(): Promise<void> {
  while (calling) {
    if (await call()) answered += 1;
    else {
      refused += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function records(): Promise<ExportedRecord[]> {
  const text = await admin.text('/api/audit/export?format=jsonl&class=calls');
  return text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { record: ExportedRecord }).record);
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-crash-'));
  process.env['PORTCULLIS_SET_AUDIT_INTENT_DEADLINE_MS'] = '5000';
  up = await runUp(join(root, 'data'));
  report = up.report as unknown as Report;
  admin = new Admin(report.admin, report.adminKey);
}, 120_000);

afterAll(async () => {
  calling = false;
  if (up?.process.exitCode === null) await up.end('SIGTERM');
  rmSync(root, { recursive: true, force: true });
}, 60_000);

describe('kill -9 of every process under load', () => {
  it('heals by itself, loses nothing that was acknowledged, and records nothing twice', async () => {
    const callers = Array.from({ length: CALLERS }, keepCalling);
    const pids = { ...report.pids };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const part of PARTS) {
        const before = up.progress().length;
        process.kill(pids[part]!, 'SIGKILL');
        const back = await eventually(() => {
          const found = new RegExp(`^${part} is back \\(process (\\d+)\\)`, 'm').exec(
            up.progress().slice(before),
          );
          if (found === null) throw new Error(`${part} is not back`);
          return Number(found[1]);
        }, HEALS_WITHIN_MS);
        pids[part] = back;
        const since = answered;
        await eventually(() => expect(answered).toBeGreaterThan(since + CALLERS), HEALS_WITHIN_MS);
      }
    }
    calling = false;
    await Promise.all(callers);
    expect(refused).toBeGreaterThan(0);

    const final = await eventually(async () => {
      const all = await records();
      const closed = new Set(
        all.filter((record) => CLOSING.has(record.type)).map((record) => record.call?.intent),
      );
      const open = all.filter(
        (record) => record.type === 'ToolCallAuthorized' && !closed.has(record.recordId),
      );
      expect(open).toEqual([]);
      return all;
    }, 60_000);
    expect(new Set(final.map((record) => record.recordId)).size).toBe(final.length);
    const completed = final.filter(
      (record) => record.type === 'ToolCallCompleted' && record.action.tool === 'list_notes',
    );
    // A read that was answered may lose its outcome with the gateway, never its intent: then it is Interrupted.
    const interrupted = final.filter((record) => record.type === 'ToolCallInterrupted');
    expect(completed.length + interrupted.length).toBeGreaterThanOrEqual(answered);
    const closings = final
      .filter((record) => record.type === 'ToolCallCompleted')
      .map((record) => record.call?.intent);
    expect(new Set(closings).size).toBe(closings.length);
  }, 1_800_000);
});
