import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { newId } from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { verifies } from '../../../tools/verifies.js';
import { AuditFixture } from './audit-fixture.js';
import { grantFor, intent } from './statements.js';

const MAIN = join(import.meta.dirname, '../dist/main.js');

let fixture: AuditFixture;
const children: ChildProcess[] = [];

beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: build first`);
  fixture = await AuditFixture.start();
}, 60_000);
afterAll(async () => {
  for (const child of children)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await fixture.stop();
}, 60_000);

function run(environment: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [MAIN], { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

async function readyLine(child: ChildProcess): Promise<Record<string, unknown>> {
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return JSON.parse(line) as Record<string, unknown>;
}

describe('the process', () => {
  verifies('C5');

  it('refuses to start without its configuration and names what is missing', async () => {
    const child = run({});
    const stderr: Buffer[] = [];
    child.stderr!.on('data', (chunk: Buffer) => stderr.push(chunk));
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(78);
    for (const name of [
      'NATS_URL',
      'EVENTSTORE_URL_FILE',
      'DATABASE_URL_FILE',
      'IDENTITY_FILE',
      'TRUST_ROOT_KEYS',
    ]) {
      expect(Buffer.concat(stderr).toString()).toContain(name);
    }
  });

  it('has what it acknowledged after kill -9, says when it is ready, and stops on SIGTERM', async () => {
    verifies('B1');
    const org = newId();
    const first = run(fixture.environment());
    expect(await readyLine(first)).toMatchObject({
      ready: true,
      service: 'audit',
      httpPort: expect.any(Number),
    });
    const entries = Array.from({ length: 50 }, () => intent(grantFor(fixture.keyring('policy'), { org })));
    const acknowledged: string[] = [];
    const sending = entries.map((entry) =>
      fixture.recorded('gateway', entry).then(({ recordId }) => acknowledged.push(recordId)),
    );
    await eventually(() => expect(acknowledged.length).toBeGreaterThan(0));
    const exited = once(first, 'exit');
    first.kill('SIGKILL');
    await exited;
    await Promise.allSettled(sending);
    const second = run(fixture.environment());
    const { httpPort } = await readyLine(second);
    const rows = await eventually(() => fixture.rowsOf(org), { deadlineMs: 15_000 });
    const shown = rows.map(({ record }) => record.recordId);
    expect(acknowledged.filter((recordId) => !shown.includes(recordId))).toEqual([]);
    await eventually(async () =>
      expect((await fetch(`http://127.0.0.1:${String(httpPort)}/health/ready`)).status).toBe(200),
    );
    second.kill('SIGTERM');
    expect(await once(second, 'exit')).toEqual([0, null]);
  }, 60_000);
});
