import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { faultOfRange, TrustedProxies } from './trusted-proxies.js';

const PROXY = '10.1.0.2';
const CLIENT = '203.0.113.7';

function addressOf(trusted: string[], peer: string | undefined, header?: string | string[]): string {
  const request = { socket: { remoteAddress: peer }, headers: { 'x-forwarded-for': header } };
  return new TrustedProxies(trusted).addressOf(request as unknown as IncomingMessage);
}

describe('the address of a client', () => {
  it.each<[string, string[], [peer: string | undefined, header?: string | string[]], string]>([
    ['the peer, with nobody trusted', [], [PROXY, CLIENT], PROXY],
    ['the peer, if it is not the trusted one', [PROXY], ['10.1.0.3', CLIENT], '10.1.0.3'],
    ['what the proxy says', [PROXY], [PROXY, CLIENT], CLIENT],
    [
      'what the proxy says, not what the client had said to it',
      [PROXY],
      [PROXY, `127.0.0.1, ${CLIENT}`],
      CLIENT,
    ],
    ['behind two proxies', ['10.1.0.0/24'], [PROXY, `${CLIENT}, 10.1.0.9`], CLIENT],
    [
      'behind two proxies, with one forged before',
      ['10.1.0.0/24'],
      [PROXY, `1.1.1.1,${CLIENT},10.1.0.9`],
      CLIENT,
    ],
    ['forged as a proxy that is none', [PROXY], [PROXY, `1.1.1.1, 10.1.0.9`], '10.1.0.9'],
    ['in several headers', [PROXY], [PROXY, ['127.0.0.1', CLIENT]], CLIENT],
    ['the proxy itself, when it says nothing', [PROXY], [PROXY, undefined], PROXY],
    ['the last one that can be read', [PROXY], [PROXY, `${CLIENT}, unknown`], PROXY],
    ['not one with a port', [PROXY], [PROXY, `${CLIENT}:4711`], PROXY],
    ['not an empty one', [PROXY], [PROXY, `${CLIENT},`], PROXY],
    ['the first of a chain of proxies only', ['10.1.0.0/24'], [PROXY, '10.1.0.8, 10.1.0.9'], '10.1.0.8'],
    ['IPv4 on a socket of both families', [PROXY], [`::ffff:${PROXY}`, `::ffff:${CLIENT}`], CLIENT],
    ['IPv6', ['fd00::/8'], ['fd00::2', '2001:db8::7'], '2001:db8::7'],
    ['unknown, when the peer has gone', [PROXY], [undefined, CLIENT], 'unknown'],
  ])('is %s', (_, trusted, [peer, header], expected) => {
    expect(addressOf(trusted, peer, header)).toBe(expected);
  });

  it('is never changed by anything left of the first stranger', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())), (forged) => {
        expect(addressOf(['10.1.0.0/24'], PROXY, [...forged, CLIENT, '10.1.0.9'].join(', '))).toBe(CLIENT);
      }),
    );
  });

  it('is never told by a stranger', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        expect(addressOf(['10.1.0.0/24'], CLIENT, header)).toBe(CLIENT);
      }),
    );
  });

  it('takes a long chain for what it is: not ours', () => {
    const chain = Array<string>(100_000).fill('10.1.0.9').join(',');
    const since = performance.now();
    expect(addressOf(['10.1.0.0/24'], PROXY, chain)).toBe('10.1.0.9');
    expect(performance.now() - since).toBeLessThan(500);
  });
});

describe('a range of proxies', () => {
  it.each([
    ['10.1.0.2', null],
    ['10.1.0.0/24', null],
    ['fd00::/8', null],
    ['0.0.0.0/0', 'whole internet'],
    ['::/0', 'whole internet'],
    ['10.1.0.0/33', 'no prefix'],
    ['10.1.0.0/', 'no prefix'],
    ['10.1.0.0/8/8', 'no prefix'],
    ['10.1.0.0/-1', 'no prefix'],
    ['caddy', 'no IP address'],
    ['10.1', 'no IP address'],
    ['', 'no IP address'],
  ])('%s', (text, fault) => {
    if (fault === null) expect(faultOfRange(text)).toBeNull();
    else expect(faultOfRange(text)).toContain(fault);
  });
});
