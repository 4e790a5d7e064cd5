import { canonicalOrigin, NO_EXEMPTIONS, parseDestination, parseExemptions } from './destination.js';

const EXEMPT = parseExemptions(['127.0.0.1:1234', 'mcp.internal:8080', '[::1]:99']);

describe('parseDestination', () => {
  it.each([
    ['another scheme', 'ftp://example.com/'],
    ['file', 'file:///etc/passwd'],
    ['scheme-relative', '//example.com/'],
    ['no authority written out', 'https:example.com'],
    ['empty authority', 'https:///example.com'],
    ['user', 'https://user@example.com/'],
    ['user and password', 'https://user:pass@example.com/'],
    ['empty user', 'https://@example.com/'],
    ['host hidden behind a user', 'https://example.com@127.0.0.1/'],
    ['newline', 'https://example.com/\r\nHost: internal'],
    ['tab inside the host', 'https://exam\tple.com/'],
    ['leading blank', ' https://example.com/'],
    ['C1 control', 'https://example.com/\u0085'],
    ['NUL', 'https://example.com/\u0000'],
    ['backslash authority', 'https:\\\\example.com'],
    ['backslash before the host', 'https://example.com\\@127.0.0.1/'],
    ['trailing dot', 'https://example.com./'],
    ['port 0', 'https://example.com:0/'],
    ['not a URL', 'https://exa[mple/'],
    ['plain http', 'http://example.com/'],
    ['plain http to loopback', 'http://127.0.0.1:1235/'],
    ['plain http to a name for an exempted address', 'http://localhost:1234/'],
  ])('refuses %s', (_what, url) => {
    expect(() => parseDestination(url, EXEMPT)).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN_DESTINATION' }),
    );
  });

  it('never repeats the URL in its message', () => {
    expect(() => parseDestination('http://example.com/?token=hunter2', EXEMPT)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });

  it('takes a URL apart and leaves the fragment out', () => {
    expect(parseDestination('https://EXAMPLE.com:443/a/b?c=d#e', NO_EXEMPTIONS)).toEqual({
      origin: 'https://example.com',
      protocol: 'https:',
      hostname: 'example.com',
      port: 443,
      path: '/a/b?c=d',
      exempt: false,
    });
  });

  it.each([
    ['http://127.0.0.1:1234/mcp', '127.0.0.1'],
    ['http://0x7f.1:1234/mcp', '127.0.0.1'],
    ['https://mcp.internal:8080/', 'mcp.internal'],
    ['http://[::1]:99/', '::1'],
  ])('exempts exactly the configured pair: %s', (url, hostname) => {
    expect(parseDestination(url, EXEMPT)).toMatchObject({ hostname, exempt: true });
  });
});

describe('parseExemptions', () => {
  it.each([
    '127.0.0.1',
    '10.0.0.0/8:80',
    '*:80',
    '*.internal:80',
    'http://a:80',
    'a:0',
    'a:99999',
    'a b:1',
    'u@a:1',
    '',
  ])('refuses %j', (entry) => {
    expect(() => parseExemptions([entry])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('keeps the default port of http as a pair of its own', () => {
    expect(parseDestination('http://mcp.internal/', parseExemptions(['mcp.internal:80'])).exempt).toBe(true);
  });
});

describe('canonicalOrigin', () => {
  it.each([
    ['https://Example.COM/path?q', 'https://example.com'],
    ['https://example.com:443', 'https://example.com'],
    ['https://example.com:8443/', 'https://example.com:8443'],
    ['http://127.0.0.1:1234/mcp', 'http://127.0.0.1:1234'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example'],
    ['https://[2001:DB8::1]/', 'https://[2001:db8::1]'],
  ])('%s → %s', (url, origin) => {
    expect(canonicalOrigin(url)).toBe(origin);
  });

  it('refuses what could never be dialled', () => {
    expect(() => canonicalOrigin('https://user@example.com')).toThrow(
      expect.objectContaining({ code: 'FORBIDDEN_DESTINATION' }),
    );
  });
});
