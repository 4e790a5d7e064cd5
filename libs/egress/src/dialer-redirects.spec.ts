import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { connect } from 'node:net';
import { selfSigned } from '../test/self-signed.js';
import { startTlsUpstream, startUpstream, type Upstream } from '../test/upstream.js';
import { createDialer, type Dialer } from './dialer.js';
import { readBody } from './read-body.js';

interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

let seen: Seen[];
let bystander: Upstream;
let redirecting: Upstream;
let dialer: Dialer;

/** `/to/<status>/<encoded location>` redirects; anything else answers `here`. */
const start = (): Promise<Upstream> =>
  startUpstream(async (request, response) => {
    const body = (await request.toArray()).join('');
    seen.push({ method: request.method!, url: request.url!, headers: request.headers, body });
    const match = /^\/to\/(\d+)\/(.*)$/.exec(request.url!);
    if (match) response.writeHead(Number(match[1]), { location: decodeURIComponent(match[2]!) });
    response.end('here');
  });

const to = (status: number, location: string): string =>
  `${redirecting.url}/to/${status}/${encodeURIComponent(location)}`;

beforeEach(async () => {
  seen = [];
  redirecting = await start();
  bystander = await start();
  dialer = createDialer({ allow: [redirecting.pair, bystander.pair] });
});

afterEach(async () => {
  await dialer.close();
  await redirecting.close();
  await bystander.close();
});

it('returns a redirect as it is unless told to follow', async () => {
  const response = await dialer.request(to(302, '/next'));
  expect(response).toMatchObject({ status: 302, headers: { location: '/next' } });
  expect(seen).toHaveLength(1);
});

it('follows within the origin, credentials and body included', async () => {
  const request = {
    method: 'POST',
    body: 'data',
    headers: { authorization: 'Bearer t' },
    redirect: 'follow' as const,
  };
  const response = await dialer.request(to(307, '/next'), request);
  expect((await readBody(response)).toString()).toBe('here');
  expect(seen[1]).toMatchObject({
    method: 'POST',
    url: '/next',
    body: 'data',
    headers: { authorization: 'Bearer t' },
  });
});

it.each([301, 302, 303])('turns a POST into a GET without a body at %d', async (status) => {
  const request = {
    method: 'POST',
    body: 'data',
    headers: { 'content-type': 'text/plain' },
    redirect: 'follow' as const,
  };
  await dialer.request(to(status, '/next'), request);
  expect(seen[1]).toMatchObject({ method: 'GET', url: '/next', body: '' });
  expect(seen[1]!.headers).not.toHaveProperty('content-type');
});

it.each([
  ['another loopback port', (): string => `http://127.0.0.1:${bystander.port}/`],
  ['the metadata service', () => 'http://169.254.169.254/latest/meta-data/'],
  ['a private literal over https', () => 'https://10.0.0.1/'],
  ['another scheme', () => 'file:///etc/passwd'],
  ['a user in the authority', () => 'https://user@example.com/'],
  ['a scheme-relative host', () => `//127.0.0.1:${bystander.port}/`],
])('refuses a redirect to %s, exempted or not', async (_what, location) => {
  await expect(dialer.request(to(302, location()), { redirect: 'follow' })).rejects.toMatchObject({
    code: 'FORBIDDEN_DESTINATION',
  });
  expect(bystander.connections()).toBe(0);
});

it('stops after five redirects', async () => {
  const loop = await startUpstream((_request, response) => response.writeHead(302, { location: '/' }).end());
  const own = createDialer({ allow: [loop.pair] });
  await expect(own.request(loop.url, { redirect: 'follow' })).rejects.toMatchObject({
    code: 'UPSTREAM_ERROR',
  });
  await own.close();
  await loop.close();
});

it('does not send a streamed body twice', async () => {
  const request = { method: 'POST', body: Readable.from([Buffer.from('x')]), redirect: 'follow' as const };
  await expect(dialer.request(to(307, '/next'), request)).rejects.toMatchObject({ code: 'UPSTREAM_ERROR' });
  expect(seen).toHaveLength(1);
});

describe('to another public origin', () => {
  const credentials = selfSigned('other.example');
  let other: Upstream;
  let followed: IncomingHttpHeaders[];
  let crossing: Dialer;

  beforeEach(async () => {
    followed = [];
    other = await startTlsUpstream(credentials, (request, response) => {
      followed.push(request.headers);
      response.end();
    });
    crossing = createDialer({
      allow: [redirecting.pair, 'other.example:443'],
      ca: credentials.cert,
      lookup: async () => [{ address: '1.1.1.1', family: 4 }],
      openSocket: (options) =>
        connect(options.host === '1.1.1.1' ? { ...options, host: '127.0.0.1', port: other.port } : options),
    });
  });

  afterEach(async () => {
    await crossing.close();
    await other.close();
  });

  it('drops every header that may be a credential', async () => {
    const headers = {
      authorization: 'Bearer t',
      cookie: 'a=b',
      'x-api-key': 'k',
      'proxy-authorization': 'p',
      accept: 'application/json',
    };
    await crossing.request(to(302, 'https://other.example/'), { headers, redirect: 'follow' });
    expect(Object.keys(followed[0]!).sort()).toEqual(['accept', 'connection', 'host']);
  });

  it('refuses to carry a body along', async () => {
    const request = { method: 'POST', body: 'client_secret=s', redirect: 'follow' as const };
    await expect(crossing.request(to(307, 'https://other.example/'), request)).rejects.toMatchObject({
      code: 'FORBIDDEN_DESTINATION',
    });
    expect(followed).toEqual([]);
  });

  it('opens a checked connection even where an exempted one is open to the same origin', async () => {
    await readBody(await crossing.request('https://other.example/'));
    await crossing.request(to(302, 'https://other.example/'), { redirect: 'follow' });
    expect(other.connections()).toBe(2);
  });
});
