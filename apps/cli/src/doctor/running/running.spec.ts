import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { oldVersion } from './ask-nats.js';
import { judgeReadiness } from './ask-service.js';
import { judgeBacklog } from './backlog.js';
import { clocksCheck, httpClock, judgeClocks } from './clocks.js';
import { judgePart } from './part.js';
import { judgePorts } from './ports.js';
import { judgeSchema } from './schema.js';

const statusesOf = (findings: { status: string }[]): string => findings.map(({ status }) => status).join();

describe('a part', () => {
  const place = { log: 'tail x', restart: 'kill 7' };
  const good = { problem: null, detail: 'it answers' };
  const bad = { problem: 'it does not answer', detail: '' };
  const runs = { pid: 7, stopped: false };
  const stopped = { pid: 7, stopped: true };
  it.each([
    ['runs and answers', runs, good, ['ok', undefined]],
    ['is stopped though the kernel accepts its connections', stopped, good, ['fail', 'kill -CONT 7']],
    ['is stopped', stopped, bad, ['fail', 'kill -CONT 7']],
    ['is gone', 'gone' as const, bad, ['fail', 'tail x']],
    ['runs and is silent', runs, bad, ['fail', 'tail x; to start it again: kill 7']],
    ['runs elsewhere and is silent', 'unknown' as const, bad, ['fail', 'tail x; to start it again: kill 7']],
  ])('that %s', (_, process, answer, expected) => {
    const [finding] = judgePart({ ...place, process }, answer);
    expect([finding!.status, finding!.mend]).toEqual(expected);
  });
});

describe('readiness', () => {
  const checks = [
    { name: 'nats', ok: true },
    { name: 'Event Store', ok: false, problem: 'no answer within 2000 ms' },
  ];
  it.each([
    ['of a health server', { ready: false, checks }],
    ['in a problem of the admin API', { type: 'about:blank', details: { checks } }],
  ])('names the failing check %s and what would explain it', (_, body) => {
    expect(judgeReadiness({ status: 503, body }, '1.0.0')).toMatchObject({
      problem: 'it is not ready: Event Store (no answer within 2000 ms)',
      causes: [['eventstore']],
    });
  });

  it.each(['control', 'postgres', 'nats', 'eventstore'])(
    'of a lapsed lease may be explained by %s',
    (cause) => {
      const body = { ready: false, checks: [{ name: 'lease', ok: false, problem: 'it has lapsed' }] };
      expect(judgeReadiness({ status: 503, body }, '1.0.0').causes?.flat()).toContain(cause);
    },
  );

  it('is there while a service is degraded, which is told and explained', () => {
    const vault = { name: 'vault', ok: false, degrades: true, problem: 'no answer' };
    const { problem, more } = judgeReadiness(
      { status: 200, body: { ready: true, degraded: true, checks: [vault] } },
      '1.0.0',
    );
    expect(problem).toBeNull();
    expect(more).toMatchObject([{ status: 'warn', reason: 'it is degraded: vault (no answer)' }]);
    expect(more![0]!.causes![0]).toContain('vault');
  });

  it('is explained by a silent vault also where control only answers too late because of it', () => {
    const body = { ready: false, checks: [{ name: 'control', ok: false }] };
    expect(judgeReadiness({ status: 503, body }, '1.0.0').causes![0]).toContain('vault');
  });

  it('has no explanation for a check that is not known here', () => {
    const body = { ready: false, checks: [{ name: 'entropy', ok: false }] };
    expect(judgeReadiness({ status: 503, body }, '1.0.0').causes).toEqual([[]]);
  });

  it.each([
    ['the same version', { ready: true, version: '1.0.0' }, ''],
    ['another version', { ready: true, version: '1.1.0' }, 'warn'],
    ['no version', { ready: true }, ''],
  ])('of %s', (_, body, more) => {
    expect(statusesOf(judgeReadiness({ status: 200, body }, '1.0.0').more ?? [])).toBe(more);
  });

  it.each([503, 404, 500])('is not there with HTTP %d and nothing said', (status) => {
    expect(judgeReadiness({ status, body: undefined }, '1.0.0').problem).toContain(`HTTP ${status}`);
  });
});

describe('clocks', () => {
  it.each([
    [0, 10, 'ok'],
    [2_100, 10, 'warn'],
    [-2_100, 10, 'warn'],
    [2_100, 600, 'ok'],
    [4_900, 10, 'warn'],
    [5_100, 10, 'fail'],
    [-5_100, 10, 'fail'],
    [5_100, 600, 'warn'],
  ])('%d ms apart, known to %d ms', (aheadMs, uncertainMs, status) => {
    expect(statusesOf(judgeClocks([{ source: 'PostgreSQL', aheadMs, uncertainMs }]))).toBe(status);
  });

  let server: Server | undefined;
  afterEach(() => void server?.close());

  it.each([
    ['this machine', 0, 'ok'],
    ['a machine that is set an hour back', -3_600_000, 'fail'],
    ['a machine that is 4 s ahead', 4_000, 'warn'],
  ])('are read over HTTP by %s', async (_, offMs, status) => {
    server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server!.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health/live`;
    const check = clocksCheck([httpClock('gateway', url)], () => new Date(Date.now() + offMs));
    expect(statusesOf(await check.run(new AbortController().signal))).toBe(status);
  });

  it('that nobody tells are not called right', async () => {
    const silent = { name: 'x', read: () => Promise.reject(new Error('silent')) };
    const check = clocksCheck([silent], () => new Date());
    expect(statusesOf(await check.run(new AbortController().signal))).toBe('skipped');
  });
});

describe('a schema', () => {
  const mend = { migrate: 'migrate', log: 'tail x' };
  it.each([
    ['as this version knows it', { known: ['A', 'B'], applied: ['A', 'B'], faults: [] }, 'ok', undefined],
    ['of a newer version', { known: ['A'], applied: ['A', 'B'], faults: [] }, 'fail', /newer/],
    ['that was not migrated', { known: ['A', 'B'], applied: ['A'], faults: [] }, 'fail', /^migrate$/],
    [
      'that breaks a storage rule',
      { known: [], applied: [], faults: ['users: not forced'] },
      'fail',
      /changed the schema/,
    ],
    ['that can not be read', undefined, 'fail', /tail x/],
  ])('%s', (_, facts, status, expected) => {
    const [finding] = judgeSchema('vault', facts, mend);
    expect(finding!.status).toBe(status);
    if (expected) expect(finding!.mend).toMatch(expected);
  });
});

describe('a backlog', () => {
  const outbox = { service: 'control', waiting: 0, refused: 0 };
  it.each([
    ['that is none', { overdueIntents: 0, outboxes: [outbox] }, 'ok'],
    ['of overdue calls', { overdueIntents: 3, outboxes: [outbox] }, 'fail'],
    ['of facts that wait', { overdueIntents: 0, outboxes: [{ ...outbox, waiting: 1 }] }, 'warn'],
    ['of facts that were refused', { overdueIntents: 0, outboxes: [{ ...outbox, refused: 1 }] }, 'warn'],
  ])('%s', (_, facts, status) => {
    expect(statusesOf(judgeBacklog(facts))).toBe(status);
  });
});

describe('ports', () => {
  const held = (name: string, holder: 'free' | 'ours' | 'stranger') => [{ name, port: 8484, holder }];
  it.each([
    ['held by its part', held('nats', 'ours'), true, 'ok'],
    ['held by nobody while it runs, which the part tells', held('nats', 'free'), true, 'ok'],
    ['held by a stranger while it runs', held('nats', 'stranger'), true, 'fail'],
    ['free before the start', held('mcp', 'free'), false, 'ok'],
    ['taken before the start, and fixed', held('mcp', 'stranger'), false, 'fail'],
    ['taken before the start, and movable', held('nats', 'stranger'), false, 'warn'],
    ['not chosen yet', [], false, 'skipped'],
  ])('%s', (_, ports, running, status) => {
    expect(statusesOf(judgePorts(ports, { running, fixed: ['mcp'] }))).toBe(status);
  });
});

it.each([
  ['2.9.10', 'warn'],
  ['2.11.15', 'warn'],
  ['2.11.16', ''],
  ['2.12.6', 'warn'],
  ['2.12.8', ''],
  ['2.13.9', 'warn'],
  ['2.14.0', ''],
  ['2.15.0', ''],
  ['3.0.0', ''],
])('judges a deployed nats-server %s', (version, status) => {
  expect(statusesOf(oldVersion(version))).toBe(status);
});
