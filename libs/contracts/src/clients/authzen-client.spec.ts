import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { newId } from '../encoding/ids.js';
import type { AppError } from '../errors/app-error.js';
import { Secret } from '../sensitive/secret.js';
import { AuthzenClient } from './authzen-client.js';

const QUESTION = {
  principal: newId(),
  operation: 'tool.call' as const,
  server: 'notes',
  tool: 'list_notes',
  arguments: null,
  context: {},
};
const decision = (effect: string) => ({
  decision: effect,
  decisionId: newId(),
  revision: 1,
  policyDigest: 'A'.repeat(43),
  rule: 'reads',
  label: 'read',
  reasons: [],
  message: 'So it is.',
});

/** What the server answers next; nothing at all while it is undefined. */
let next: { status: number; body: string; headers?: Record<string, string> } | undefined;
let server: Server;
let client: AuthzenClient;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    if (next !== undefined) response.writeHead(next.status, next.headers).end(next.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = new AuthzenClient(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    Secret.of('pcc_x'),
  );
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const codeOf = (timeoutMs = 3000): Promise<string> =>
  client.check(QUESTION, { timeoutMs }).then(
    (given) => given.decision,
    (thrown: AppError) => thrown.code,
  );
const says = (status: number, body: unknown, headers?: Record<string, string>) => {
  next = { status, body: typeof body === 'string' ? body : JSON.stringify(body), headers };
};

it('gives the decision where both halves of the answer agree', async () => {
  for (const effect of ['allow', 'deny', 'approval_required']) {
    says(200, { decision: effect === 'allow', context: decision(effect) });
    expect(await codeOf()).toBe(effect);
  }
});

it.each<[string, number, unknown]>([
  ['says true of a denial', 200, { decision: true, context: decision('deny') }],
  ['says false of an allow', 200, { decision: false, context: decision('allow') }],
  ['says true and nothing else', 200, { decision: true }],
  ['says true of what needs approval', 200, { decision: true, context: decision('approval_required') }],
  ['says "true"', 200, { decision: 'true', context: decision('allow') }],
  ['is no JSON', 200, 'true'],
  ['is an error of somebody on the way', 502, 'bad gateway'],
  ['leads elsewhere', 302, ''],
])('takes no answer for one that %s', async (_name, status, body) => {
  says(status, body, { location: 'http://127.0.0.1:1/' });
  expect(await codeOf()).toBe('UNAVAILABLE');
});

it('gives the code of an error, and waits no longer than it may', async () => {
  says(503, 'not yet', { 'portcullis-error-code': 'STALE' });
  expect(await codeOf()).toBe('STALE');
  next = undefined;
  expect(await codeOf(50)).toBe('DEADLINE_EXCEEDED');
});

it('wants a result for each of several questions', async () => {
  says(200, { evaluations: [{ decision: true, context: decision('allow') }] });
  await expect(client.checkMany({ items: [QUESTION, QUESTION] })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  });
});

it.each(['http://policy.example', 'http://127.0.0.1.example', 'ftp://127.0.0.1'])(
  'sends its token over https or to loopback only, not to %s',
  (url) => {
    expect(() => new AuthzenClient(url, Secret.of('pcc_x'))).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN_DESTINATION' }),
    );
  },
);
