import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEventStoreNode, type TestNode } from '@portcullis/embedded-eventstore/testing';
import {
  LeaseGrantor,
  startNats,
  testTrust,
  type TestNats,
  type TestTrust,
} from '@portcullis/platform/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { verifies } from '../../../tools/verifies.js';
import { startAuditPeer } from './support/audit-peer.js';
import { MAIN } from './support/policy-process.js';

verifies('C5');

const directory = mkdtempSync(join(tmpdir(), 'portcullis-policy-process-'));
let nats: TestNats;
let node: TestNode;
let trust: TestTrust;
let control: NatsConnection;
let audit: NatsConnection;

beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: build first`);
  [nats, node] = await Promise.all([startNats(), startEventStoreNode()]);
  trust = testTrust();
  control = await nats.connectAs('control');
  new LeaseGrantor(control, trust.keyring('control'));
  await control.flush();
  audit = await nats.connectAs('audit');
  await startAuditPeer(audit, trust.keyring('audit'));
});
afterAll(async () => {
  await Promise.all([control?.close(), audit?.close()]);
  await Promise.all([nats?.stop(), node?.stop()]);
  trust?.clean();
  rmSync(directory, { recursive: true, force: true });
});

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

const environment = (): Record<string, string> => ({
  NATS_URL: nats.url,
  NATS_NKEY_SEED_FILE: file('seed', nats.seedOf('policy').revealText()),
  EVENTSTORE_URL_FILE: file('eventstore', node.url),
  POLICY_CLIENT_KEY_FILE: file('client-key', 'k'.repeat(43)),
  ...trust.files('policy'),
});

/** With this environment and no other variable. */
const run = (env: Record<string, string>): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, [MAIN], { env, stdio: 'pipe' });

async function failure(env: Record<string, string>): Promise<{ code: number; text: string }> {
  const child = run(env);
  const chunks: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number];
  return { code, text: Buffer.concat(chunks).toString('utf8') };
}

describe('the process', () => {
  it('says where it listens, is ready, and stops on SIGTERM', async () => {
    const child = run(environment());
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const ready = JSON.parse(line) as { ready: boolean; service: string; httpPort: number; grpcPort: number };
    expect(ready).toMatchObject({ ready: true, service: 'policy' });
    expect(ready.grpcPort).toBeGreaterThan(0);
    const health = await fetch(`http://127.0.0.1:${ready.httpPort}/health/ready`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({
      ready: true,
      checks: ['event_store', 'caught_up', 'anchored', 'lease', 'nats'].map((name) => ({ name })),
    });
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  it('does not start without its configuration, and names every variable that is missing', async () => {
    const { code, text } = await failure({});
    expect(code).not.toBe(0);
    for (const variable of Object.keys(environment())) expect(text).toContain(variable);
  });

  it('does not start with a weak client key, or on a public address without TLS', async () => {
    const weak = await failure({ ...environment(), POLICY_CLIENT_KEY_FILE: file('weak', 'hunter2') });
    expect(weak.code).not.toBe(0);
    expect(weak.text).toContain('POLICY_CLIENT_KEY_FILE');
    expect(weak.text).not.toContain('hunter2');
    const open = await failure({ ...environment(), GRPC_HOST: '0.0.0.0' });
    expect(open.code).not.toBe(0);
    expect(open.text).toContain('GRPC_TLS_CERT_FILE');
  });
});
