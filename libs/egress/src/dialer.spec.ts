import { connect, type TcpNetConnectOpts } from 'node:net';
import { selfSigned } from '../test/self-signed.js';
import { startTlsUpstream, startUpstream, type Upstream } from '../test/upstream.js';
import { createDialer, type Dialer, type DialerOptions } from './dialer.js';
import { readBody } from './read-body.js';
import type { ResolvedAddress } from './resolve-destination.js';

const PUBLIC: ResolvedAddress = { address: '1.1.1.1', family: 4 };
const LOOPBACK: ResolvedAddress = { address: '127.0.0.1', family: 4 };

const dialers: Dialer[] = [];
const upstreams: Upstream[] = [];

function dialer(options: DialerOptions): Dialer {
  const made = createDialer(options);
  dialers.push(made);
  return made;
}

async function upstream(...args: Parameters<typeof startUpstream>): Promise<Upstream> {
  const started = await startUpstream(...args);
  upstreams.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(dialers.splice(0).map((each) => each.close()));
  await Promise.all(upstreams.splice(0).map((each) => each.close()));
});

/** Answers like a name server under an attacker's control: the next entry at each question, the last one for ever. */
function answering(...answers: ResolvedAddress[][]) {
  const asked: string[] = [];
  const lookup = async (hostname: string): Promise<ResolvedAddress[]> => {
    asked.push(hostname);
    return answers[Math.min(asked.length, answers.length) - 1]!;
  };
  return { lookup, asked };
}

/** Carries connections meant for a public address to a local server, and notes where they were meant to go. */
function carriedTo(port: number) {
  const dialled: TcpNetConnectOpts[] = [];
  const openSocket = (options: TcpNetConnectOpts) => {
    dialled.push(options);
    return connect(port, '127.0.0.1');
  };
  return { openSocket, dialled };
}

describe('destinations', () => {
  it('reaches an exempted pair and returns status, headers and body', async () => {
    const server = await upstream((request, response) => {
      response.writeHead(201, { 'x-seen': `${request.method} ${request.url}` });
      request.pipe(response);
    });
    const response = await dialer({ allow: [server.pair] }).request(`${server.url}/a?b=c`, {
      method: 'POST',
      body: 'hello',
    });
    expect(response).toMatchObject({ status: 201, headers: { 'x-seen': 'POST /a?b=c' } });
    expect((await readBody(response)).toString()).toBe('hello');
  });

  it('does not extend an exemption to another port, or to a name for the same address', async () => {
    const server = await upstream((_request, response) => response.end());
    const { lookup } = answering([LOOPBACK]);
    const other = dialer({ allow: [`127.0.0.1:${server.port === 1 ? 2 : 1}`], lookup });
    for (const url of [
      `https://127.0.0.1:${server.port}/`,
      `https://evil.example:${server.port}/`,
      server.url,
    ]) {
      await expect(other.request(url)).rejects.toMatchObject({ code: 'FORBIDDEN_DESTINATION' });
    }
    const named = dialer({ allow: [server.pair], lookup });
    await expect(named.request(`https://evil.example:${server.port}/`)).rejects.toMatchObject({
      code: 'FORBIDDEN_DESTINATION',
    });
    expect(server.connections()).toBe(0);
  });

  it.each([
    'https://[::ffff:7f00:1]/',
    'https://2130706433/',
    'https://0177.0.0.1/',
    'https://[64:ff9b::7f00:1]/',
    'https://[::]/',
  ])('refuses the literal %s without asking a resolver', async (url) => {
    const { lookup, asked } = answering([PUBLIC]);
    await expect(dialer({ lookup }).request(url)).rejects.toMatchObject({ code: 'FORBIDDEN_DESTINATION' });
    expect(asked).toEqual([]);
  });

  it('refuses a name when only one of its addresses is private', async () => {
    const { lookup } = answering([PUBLIC, LOOPBACK]);
    const { openSocket, dialled } = carriedTo(1);
    await expect(dialer({ lookup, openSocket }).request('https://mixed.example/')).rejects.toMatchObject({
      code: 'FORBIDDEN_DESTINATION',
    });
    expect(dialled).toEqual([]);
  });

  it('keeps an exempted name away from link-local and metadata addresses', async () => {
    const { lookup } = answering([{ address: '169.254.169.254', family: 4 }]);
    await expect(
      dialer({ allow: ['mcp.internal:80'], lookup }).request('http://mcp.internal/'),
    ).rejects.toMatchObject({
      code: 'FORBIDDEN_DESTINATION',
    });
  });

  it('reports a name without an address as unreachable, not sent', async () => {
    const lookup = () => Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }));
    await expect(dialer({ lookup }).request('https://nowhere.example/')).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
      details: { sent: false },
    });
  });

  it('refuses a host header, which would choose the virtual host and TLS name on its own', async () => {
    const server = await upstream((_request, response) => response.end());
    const request = dialer({ allow: [server.pair] }).request(server.url, { headers: { Host: 'internal' } });
    await expect(request).rejects.toMatchObject({ code: 'FORBIDDEN_DESTINATION' });
    expect(server.connections()).toBe(0);
  });

  it('checks a URL without connecting', async () => {
    const { lookup } = answering([PUBLIC], [LOOPBACK]);
    const checking = dialer({ lookup });
    await expect(checking.check('https://fine.example/')).resolves.toBeUndefined();
    await expect(checking.check('https://fine.example/')).rejects.toMatchObject({
      code: 'FORBIDDEN_DESTINATION',
    });
  });
});

describe('pinning', () => {
  const credentials = selfSigned('rebind.example');

  it('dials the address it checked, resolving once, whatever the name answers the second time', async () => {
    const server = await startTlsUpstream(credentials, (request, response) =>
      response.end(request.headers.host),
    );
    upstreams.push(server);
    const { lookup, asked } = answering([PUBLIC], [LOOPBACK]);
    const { openSocket, dialled } = carriedTo(server.port);
    const pinned = dialer({ lookup, openSocket, ca: credentials.cert });
    const response = await pinned.request('https://rebind.example/');
    expect((await readBody(response)).toString()).toBe('rebind.example');
    expect(dialled).toEqual([expect.objectContaining({ host: '1.1.1.1', port: 443 })]);
    expect(asked).toEqual(['rebind.example']);
  });

  it('refuses the new connection after the name has moved to a private address', async () => {
    const server = await startTlsUpstream(credentials, (_request, response) => {
      response.setHeader('connection', 'close').end();
    });
    upstreams.push(server);
    const { lookup } = answering([PUBLIC], [LOOPBACK]);
    const pinned = dialer({ lookup, ...carriedTo(server.port), ca: credentials.cert });
    await readBody(await pinned.request('https://rebind.example/'));
    await expect(pinned.request('https://rebind.example/')).rejects.toMatchObject({
      code: 'FORBIDDEN_DESTINATION',
    });
  });

  it('hands several addresses to the socket through a resolver that knows only the checked ones', async () => {
    const second: ResolvedAddress = { address: '2606:4700:4700::1111', family: 6 };
    const server = await startTlsUpstream(credentials, (_request, response) => response.end());
    upstreams.push(server);
    const { lookup } = answering([PUBLIC, second], [LOOPBACK]);
    const { openSocket, dialled } = carriedTo(server.port);
    await readBody(
      await dialer({ lookup, openSocket, ca: credentials.cert }).request('https://rebind.example/'),
    );
    const answer = await new Promise((resolve) => {
      dialled[0]!.lookup!('anything.else', { all: true }, (_error, addresses) => resolve(addresses));
    });
    expect(answer).toEqual([PUBLIC, second]);
  });

  it('does not speak to a server whose certificate is for another name, or from nobody it trusts', async () => {
    const requests: unknown[] = [];
    const server = await startTlsUpstream(credentials, (request, response) => {
      requests.push(request.url);
      response.end();
    });
    upstreams.push(server);
    const { lookup } = answering([PUBLIC]);
    const trusting = dialer({ lookup, ...carriedTo(server.port), ca: credentials.cert });
    await expect(trusting.request('https://other.example/')).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
    });
    const strict = dialer({ lookup, ...carriedTo(server.port) });
    await expect(strict.request('https://rebind.example/')).rejects.toMatchObject({
      code: 'UPSTREAM_UNREACHABLE',
    });
    expect(requests).toEqual([]);
  });
});

describe('connections', () => {
  it('keeps a connection for the next request of the same partition and never shares it with another', async () => {
    const server = await upstream((request, response) => response.end(String(request.socket.remotePort)));
    const pooled = dialer({ allow: [server.pair] });
    const portSeen = async (partition?: string) =>
      (await readBody(await pooled.request(server.url, { partition }))).toString();
    const anna = new Set<string>();
    for (let n = 0; n < 6; n += 1) anna.add(await portSeen('anna'));
    // undici rests a connection for one turn of the event loop, so a second one may take the next request.
    expect(anna.size).toBeLessThanOrEqual(2);
    for (const partition of ['bert', 'ann', '', undefined])
      expect(anna).not.toContain(await portSeen(partition));
  });

  it('stays below its number of pools by closing idle ones', async () => {
    const server = await upstream((request, response) => response.end(String(request.socket.remotePort)));
    const pooled = dialer({ allow: [server.pair], maxPools: 2 });
    const ports = [];
    for (const partition of ['a', 'b', 'c', 'a']) {
      ports.push((await readBody(await pooled.request(server.url, { partition }))).toString());
    }
    expect(new Set(ports).size).toBe(4);
  });
});
