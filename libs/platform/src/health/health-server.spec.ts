import { afterEach, describe, expect, it } from '@jest/globals';
import type { Server } from 'node:http';
import { AppError } from '@portcullis/contracts';
import { Metrics } from '../telemetry/metrics.js';
import { portOf, startHealthServer } from './health-server.js';
import { readinessOf, type ReadinessCheck } from './readiness.js';

let server: Server | undefined;
afterEach(() => void server?.close());

async function get(path: string, checks: ReadinessCheck[], method = 'GET') {
  const readiness = readinessOf(checks);
  server = await startHealthServer({ HTTP_HOST: '127.0.0.1', HTTP_PORT: 0 }, readiness, new Metrics('audit'));
  const response = await fetch(`http://127.0.0.1:${portOf(server)}${path}`, { method });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

const good = { name: 'good', check: () => Promise.resolve() };
const bad = { name: 'bad', check: () => Promise.reject(new AppError('UNAVAILABLE', 'the database is away')) };

describe('the server for operators', () => {
  it('is live while the process answers, whatever is away', async () => {
    expect(await get('/health/live', [bad])).toMatchObject({ status: 200, text: '{"live":true}' });
  });

  it('is ready by its status, and says why not', async () => {
    expect(await get('/health/ready', [good])).toMatchObject({ status: 200 });
    server?.close();
    const refused = await get('/health/ready', [good, bad]);
    expect(refused).toMatchObject({ status: 503 });
    expect(refused.text).toContain('the database is away');
  });

  it('gives the metrics in the text format, with what the probe says', async () => {
    const { status, type, text } = await get('/metrics', [good, bad]);
    expect({ status, type }).toEqual({ status: 200, type: expect.stringContaining('text/plain') });
    expect(text).toMatch(/^portcullis_ready 0$/m);
    expect(text).toMatch(/^portcullis_check_ok\{check="good"\} 1$/m);
    expect(text).toMatch(/^portcullis_check_ok\{check="bad"\} 0$/m);
    expect(text).toMatch(/^portcullis_build_info\{service="audit",version="[\d.]+",node="v22\.[\d.]+"\} 1$/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
  });

  it('has no other page and no other method', async () => {
    expect((await get('/health/ready/../../etc', [])).status).toBe(404);
    server?.close();
    expect((await get('/metrics', [], 'POST')).status).toBe(404);
  });
});
