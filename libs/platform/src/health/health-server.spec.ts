import { afterEach, describe, expect, it } from '@jest/globals';
import type { Server } from 'node:http';
import { AppError } from '@portcullis/contracts';
import { portOf, startHealthServer, type ReadinessCheck } from './health-server.js';

let server: Server | undefined;
afterEach(() => void server?.close());

async function get(path: string, checks: ReadinessCheck[]) {
  server = await startHealthServer('127.0.0.1', 0, checks);
  const response = await fetch(`http://127.0.0.1:${portOf(server)}${path}`);
  return { status: response.status, body: (await response.json()) as unknown };
}

const good = { name: 'good', check: () => Promise.resolve() };
const bad = { name: 'bad', check: () => Promise.reject(new AppError('UNAVAILABLE', 'the database is away')) };
const refused = {
  name: 'refused',
  check: () => Promise.reject(new Error('password of control_app refused by 10.0.0.7')),
};
const hanging = { name: 'hanging', check: () => new Promise<void>(() => undefined) };

describe('health', () => {
  it('is live while the process answers, whatever is away', async () => {
    expect(await get('/health/live', [bad])).toEqual({ status: 200, body: { live: true } });
  });

  it('is ready only when everything that a call needs is there', async () => {
    expect(await get('/health/ready', [good])).toMatchObject({ status: 200, body: { ready: true } });
  });

  it('names what is away, or does not answer', async () => {
    expect(await get('/health/ready', [good, bad, refused, hanging])).toEqual({
      status: 503,
      body: {
        ready: false,
        checks: [
          { name: 'good', ok: true },
          { name: 'bad', ok: false, problem: 'the database is away' },
          // A driver's words are not for whoever asks.
          { name: 'refused', ok: false, problem: 'failed' },
          { name: 'hanging', ok: false, problem: 'no answer within 2000 ms' },
        ],
      },
    });
  });

  it('has no other page', async () => {
    expect((await get('/health/ready/../../etc', [])).status).toBe(404);
  });
});
