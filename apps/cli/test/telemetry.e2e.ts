import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@portcullis/contracts';
import { CALL_STEPS } from '@portcullis/platform';
import { verifies } from '../../../tools/verifies.js';
import { eventually } from './eventually.js';
import { OtlpCollector, type CollectedSpan } from './otlp-collector.js';
import { runUp, type RunningUp } from './run-up.js';
import { whileStopped } from './stopped-part.js';

const SERVICES = ['gateway', 'control', 'vault', 'policy', 'audit'] as const;
const ARGUMENT = `canary-argument-${randomBytes(24).toString('base64url')}`;
const INFRA = join(import.meta.dirname, '../../../infra');
const DOCUMENT = join(import.meta.dirname, '../../../docs/reference/telemetry.md');

let root: string;
let collector: OtlpCollector;
let up: RunningUp;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-telemetry-'));
  collector = await OtlpCollector.start();
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.endpoint;
  process.env['OTEL_BSP_SCHEDULE_DELAY'] = '100';
  up = await runUp(join(root, 'data'));
}, 120_000);

afterAll(async () => {
  delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  delete process.env['OTEL_BSP_SCHEDULE_DELAY'];
  if (up?.process.exitCode === null) await up.end('SIGTERM');
  collector.stop();
  rmSync(root, { recursive: true, force: true });
}, 30_000);

async function call(tool: string, args: object = {}, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${up.report.mcp}/notes`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${up.report.apiKey}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
      ...headers,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: newId(),
      method: 'tools/call',
      params: { name: tool, arguments: args },
    }),
  });
  return response.text();
}

const metricsOf = async (service: string): Promise<string> =>
  (await fetch(`${up.report.operations[service]}/metrics`)).text();

/** Value of one sample; 0 when there is none. */
const sample = (text: string, line: string): number =>
  Number(
    text
      .split('\n')
      .find((each) => each.startsWith(`${line} `))
      ?.slice(line.length + 1) ?? 0,
  );

const roots = (): CollectedSpan[] => collector.spans().filter(({ name }) => name === 'mcp request');
const childrenOf = (parent: CollectedSpan): CollectedSpan[] =>
  collector.spans().filter(({ parentSpanId }) => parentSpanId === parent.spanId);

/** The only child of this name. */
function child(parent: CollectedSpan, name: string): CollectedSpan {
  const found = childrenOf(parent).filter((span) => span.name === name);
  expect([name, found.length]).toEqual([name, 1]);
  return found[0]!;
}

describe('a call', () => {
  it('is one trace: its twelve steps, and what the other services did for them', async () => {
    verifies('D8');
    // Where its record was appended together with another one, the append is in the trace of that one: then again.
    await eventually(async () => {
      const before = roots();
      expect(await call('list_notes')).toContain('Welcome');
      // Each service hands its spans over by itself.
      await eventually(() => expectWholeTrace(before), 8_000);
    }, 20_000);
  }, 40_000);

  function expectWholeTrace(before: CollectedSpan[]): void {
    const known = new Set(before.map(({ spanId }) => spanId));
    const fresh = roots().filter(({ spanId }) => !known.has(spanId));
    expect(fresh).toHaveLength(1);
    const request = fresh[0]!;
    expect(request).toMatchObject({ service: 'portcullis-gateway', parentSpanId: '' });
    const steps = childrenOf(request).sort((a, b) => (a.start < b.start ? -1 : 1));
    expect(steps.map(({ name }) => name)).toEqual([...CALL_STEPS]);
    const served = (step: string, verb: string): CollectedSpan =>
      child(child(child(request, step), verb), verb);
    expect(served('authenticate', 'control.v1.authenticate').service).toBe('portcullis-control');
    expect(served('resolve', 'control.v1.directory').service).toBe('portcullis-control');
    expect(served('authorize', 'policy.v1.authorize').service).toBe('portcullis-policy');
    const appending = served('record intent', 'audit.v1.append');
    expect(appending.service).toBe('portcullis-audit');
    expect(childrenOf(appending).map(({ name }) => name)).toContain('event store append');
    const opening = served('open', 'vault.v1.open');
    expect(opening.service).toBe('portcullis-vault');
    expect(childrenOf(opening).map(({ name }) => name)).toContain('database transaction');
    const ofGateway = collector.spans().filter(({ service }) => service === 'portcullis-gateway');
    expect(new Set(ofGateway.map(({ traceId }) => traceId)).size).toBe(roots().length);
    expect(request.attributes).toMatchObject({
      'portcullis.method': 'tools/call',
      'portcullis.tool': 'list_notes',
      'portcullis.outcome': 'OK',
    });
  }

  it('does not join a trace that an outsider names', async () => {
    const forged = { trace: randomBytes(16).toString('hex'), span: randomBytes(8).toString('hex') };
    const before = roots().length;
    await call('list_notes', {}, { traceparent: `00-${forged.trace}-${forged.span}-01` });
    await eventually(() => expect(roots()).toHaveLength(before + 1));
    expect(collector.bodies.join()).not.toContain(forged.trace);
    expect(collector.spans().flatMap(({ links }) => links)).toEqual([]);
  }, 30_000);

  it('is counted and measured where it passes', async () => {
    verifies('D8');
    const before = { gateway: await metricsOf('gateway'), vault: await metricsOf('vault') };
    await call('list_notes');
    await call('create_note', { title: ARGUMENT, text: ARGUMENT });
    const after = { gateway: await metricsOf('gateway'), vault: await metricsOf('vault') };
    const grew = (service: keyof typeof after, line: string): number =>
      sample(after[service], line) - sample(before[service], line);
    expect({
      served: grew('gateway', 'portcullis_mcp_requests_total{method="tools/call",outcome="OK"}'),
      denied: grew(
        'gateway',
        'portcullis_mcp_requests_total{method="tools/call",outcome="DENIED_BY_POLICY"}',
      ),
      authorized: grew('gateway', 'portcullis_call_step_seconds_count{step="authorize"}'),
      refused: grew(
        'gateway',
        'portcullis_call_step_failures_total{step="authorize",code="DENIED_BY_POLICY"}',
      ),
      opened: grew('vault', 'portcullis_verb_requests_total{verb="vault.v1.open",code="OK"}'),
    }).toEqual({ served: 1, denied: 1, authorized: 2, refused: 1, opened: 1 });
  }, 30_000);
});

const NAME = /\b(?:portcullis|nodejs|process)_[a-z0-9_]+/g;
const family = (name: string): string => name.replace(/_(bucket|sum|count)$/, '');

describe('what is documented, drawn and alerted on', () => {
  let registered: Set<string>;

  beforeAll(async () => {
    const texts = await Promise.all(SERVICES.map(metricsOf));
    const names = texts.join('\n').match(/^# TYPE (\S+)/gm) ?? [];
    registered = new Set(names.map((line) => line.slice('# TYPE '.length)));
  });

  it.each(['dashboards/portcullis.json', 'dashboards/alerts.yml'])('%s names metrics that exist', (file) => {
    verifies('D8');
    const named = readFileSync(join(INFRA, file), 'utf8').match(NAME) ?? [];
    expect(named.length).toBeGreaterThan(10);
    expect(named.map(family).filter((name) => !registered.has(name))).toEqual([]);
  });

  it('every metric of ours is documented, and no other', () => {
    const documented = readFileSync(DOCUMENT, 'utf8').match(/^\| `portcullis_[a-z_]+`/gm) ?? [];
    const ours = [...registered].filter((name) => name.startsWith('portcullis_'));
    expect(documented.map((cell) => cell.slice(3, -1)).sort()).toEqual(ours.sort());
  });

  it('the dashboard has what Grafana needs of one', () => {
    const dashboard = JSON.parse(readFileSync(join(INFRA, 'dashboards/portcullis.json'), 'utf8')) as {
      schemaVersion: number;
      panels: { id: number; type: string; gridPos: object; targets: { expr: string }[] }[];
    };
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { targets } of dashboard.panels) for (const { expr } of targets) expect(expr).not.toBe('');
  });
});

/** PostgreSQL serves a connection by a process of its own, which goes on without its parent. */
const withChildren = (pid: number): number[] => [
  pid,
  ...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
];

const whileAllStopped = <T>(pids: number[], work: () => Promise<T>): Promise<T> =>
  pids.reduceRight<() => Promise<T>>((inner, pid) => () => whileStopped(pid, inner), work)();

describe('readiness', () => {
  interface Ready {
    ready: boolean;
    degraded: boolean;
    checks: { name: string; ok: boolean; problem?: string }[];
  }
  const ask = async (service: string): Promise<Ready & { failing: string[] }> => {
    const response = await fetch(`${up.report.operations[service]}/health/ready`);
    const body = (await response.json()) as Ready;
    expect(response.status).toBe(body.ready ? 200 : 503);
    const failing = body.checks.filter(({ ok }) => !ok).map(({ name }) => name);
    return { ...body, failing };
  };
  const allReady = async (): Promise<void> => {
    for (const service of SERVICES)
      expect([service, await ask(service)]).toMatchObject([service, { ready: true, degraded: false }]);
  };

  it.each([
    ['audit', 'gateway', ['audit']],
    ['policy', 'gateway', ['policy']],
    ['eventstore', 'audit', ['event_store']],
    ['postgres', 'vault', ['postgres']],
    ['nats', 'audit', ['nats']],
  ])(
    'while %s stands still, %s is not ready and says so',
    async (stopped, service, failing) => {
      await eventually(allReady, 30_000);
      await whileAllStopped(withChildren(up.report.pids[stopped]!), () =>
        eventually(async () => {
          const state = await ask(service);
          expect(state.ready).toBe(false);
          expect(state.failing).toEqual(expect.arrayContaining(failing));
          expect(sample(await metricsOf(service), 'portcullis_ready')).toBe(0);
        }, 15_000),
      );
      await eventually(allReady, 30_000);
    },
    90_000,
  );

  it('the gateway serves without the vault, degraded', async () => {
    await eventually(allReady, 30_000);
    await whileStopped(up.report.pids['vault']!, () =>
      eventually(
        async () =>
          expect(await ask('gateway')).toMatchObject({ ready: true, degraded: true, failing: ['vault'] }),
        15_000,
      ),
    );
  }, 60_000);
});

describe('nothing in it', () => {
  it('is a key, an argument or a header', async () => {
    verifies('P5', 'D7');
    const texts = [...collector.bodies, ...(await Promise.all(SERVICES.map(metricsOf)))].join('\n');
    expect(texts).toContain('create_note');
    for (const secret of [up.report.apiKey!, ARGUMENT]) expect(texts.includes(secret)).toBe(false);
    expect(texts).not.toMatch(/authorization|bearer|user-agent|127\.0\.0\.1:\d+\/mcp/i);
  });
});
