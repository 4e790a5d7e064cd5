import { createServer, type Server } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startUpstream, type Upstream } from '../test/upstream.js';
import { createDialer, type Dialer } from './dialer.js';
import { readBody } from './read-body.js';

let server: Upstream;
let dialer: Dialer;
let closedByClient: Promise<void>;

/** What a broken or hostile upstream does, by path. */
beforeEach(async () => {
  let noteClosed: () => void;
  closedByClient = new Promise((resolve) => (noteClosed = resolve));
  server = await startUpstream((request, response) => {
    request.socket.once('close', () => noteClosed());
    if (request.url === '/announces') response.writeHead(200, { 'content-length': 10_000 }).write('x');
    else if (request.url === '/endless') flood(response);
    else if (request.url === '/stalls') response.write('first');
    else if (request.url === '/breaks') response.write('first', () => request.socket.destroy());
    else if (request.url === '/early')
      response.writeEarlyHints({ link: '</a>; rel=preload' }, () => response.end('after'));
    else if (request.url !== '/silent') response.end('ok');
  });
  dialer = createDialer({ allow: [server.pair], maxConnections: 1 });
});

afterEach(async () => {
  await dialer.close();
  await server.close();
});

function flood(response: import('node:http').ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write('x'.repeat(4096)));
  };
  response.on('drain', more);
  more();
}

describe('deadline', () => {
  it('ends a request that is not answered, saying that it was sent, and drops the connection', async () => {
    await expect(dialer.request(`${server.url}/silent`, { deadlineMs: 2_000 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      details: { sent: true },
    });
    await closedByClient;
  });

  it('covers the body too', async () => {
    const response = await dialer.request(`${server.url}/stalls`, { deadlineMs: 2_000 });
    await expect(readBody(response)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  it('covers the wait for a connection, and then nothing was sent', async () => {
    const first = dialer
      .request(`${server.url}/silent`, { deadlineMs: 20_000 })
      .catch((error: unknown) => error);
    await expect(dialer.request(server.url, { deadlineMs: 50 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      details: { sent: false },
    });
    await dialer.close();
    await expect(first).resolves.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' });
  });

  it('has a shorter limit for silence', async () => {
    const response = await dialer.request(`${server.url}/stalls`, { silenceMs: 200, deadlineMs: 20_000 });
    await expect(readBody(response)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  it('gives up a TCP peer that never finishes the TLS handshake', async () => {
    const mute: Server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await new Promise((resolve) => mute.once('listening', resolve));
    const { port } = mute.address() as import('node:net').AddressInfo;
    const impatient = createDialer({ allow: [`127.0.0.1:${port}`], connectTimeoutMs: 50 });
    await expect(impatient.request(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      details: { sent: false },
    });
    await impatient.close();
    await new Promise((resolve) => mute.close(resolve));
  });
});

describe('abort', () => {
  it('rejects with the reason of the signal, before and during the request', async () => {
    const reason = new Error('the client left');
    await expect(dialer.request(server.url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const leaving = new AbortController();
    const request = dialer.request(`${server.url}/silent`, { signal: leaving.signal });
    await nextTurn();
    leaving.abort(reason);
    await expect(request).rejects.toBe(reason);
  });

  it('ends a body that is being read', async () => {
    const leaving = new AbortController();
    const response = await dialer.request(`${server.url}/stalls`, { signal: leaving.signal });
    leaving.abort(new Error('the client left'));
    await expect(readBody(response)).rejects.toThrow('the client left');
    await closedByClient;
  });

  it('never sends a request that was given up while it waited', async () => {
    const holding = new AbortController();
    const held = dialer.request(`${server.url}/silent`, { signal: holding.signal }).catch(() => undefined);
    const leaving = new AbortController();
    const waiting = dialer.request(`${server.url}/other`, { signal: leaving.signal });
    leaving.abort(new Error('gave up'));
    await expect(waiting).rejects.toThrow('gave up');
    holding.abort();
    await held;
    expect((await readBody(await dialer.request(server.url))).toString()).toBe('ok');
  });
});

describe('size', () => {
  it('refuses an announced size at once', async () => {
    await expect(
      dialer.request(`${server.url}/announces`, { maxResponseBytes: 9_999 }),
    ).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    await closedByClient;
  });

  it('cuts an endless body at the limit', async () => {
    const response = await dialer.request(`${server.url}/endless`, { maxResponseBytes: 100_000 });
    let received = 0;
    const reading = (async () => {
      for await (const chunk of response.body) received += (chunk as Buffer).length;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(received).toBeLessThanOrEqual(100_000);
    await closedByClient;
  });

  it('accepts a body of exactly the limit', async () => {
    const response = await dialer.request(server.url, { maxResponseBytes: 2 });
    expect((await readBody(response)).toString()).toBe('ok');
  });
});

describe('broken upstreams', () => {
  it('reports a body that breaks off', async () => {
    const response = await dialer.request(`${server.url}/breaks`);
    await expect(readBody(response)).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      details: { sent: true },
    });
  });

  it('reports a closed port as not sent', async () => {
    await server.close();
    await expect(dialer.request(server.url)).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      details: { sent: false },
    });
  });

  it('passes over informational answers', async () => {
    const response = await dialer.request(`${server.url}/early`);
    expect(response.status).toBe(200);
    expect((await readBody(response)).toString()).toBe('after');
  });

  it('frees the connection of a body nobody wants', async () => {
    const response = await dialer.request(`${server.url}/stalls`);
    response.body.destroy();
    await closedByClient;
    expect((await dialer.request(server.url)).status).toBe(200);
  });

  it('calls a malformed header the caller’s mistake', async () => {
    await expect(dialer.request(server.url, { headers: { 'x-a': 'b\r\nc: d' } })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });
});
