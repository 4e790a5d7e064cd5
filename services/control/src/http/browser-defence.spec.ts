import { describe, expect, it } from '@jest/globals';
import { refuseForeignBrowser, type BrowserFacts } from './browser-defence.js';

const HOSTS = ['127.0.0.1', '[::1]', 'admin.example.com:8443'];
const GET: BrowserFacts = {
  host: '127.0.0.1:4000',
  origin: undefined,
  fetchSite: undefined,
  contentType: undefined,
  hasBody: false,
};
const POST: BrowserFacts = { ...GET, contentType: 'application/json', hasBody: true };

describe('refuseForeignBrowser', () => {
  it.each<{ name: string; facts: BrowserFacts; code: string | null }>([
    { name: 'a command line tool', facts: GET, code: null },
    {
      name: 'the page of this very origin',
      facts: { ...POST, origin: 'http://127.0.0.1:4000', fetchSite: 'same-origin' },
      code: null,
    },
    { name: 'a typed address', facts: { ...GET, fetchSite: 'none' }, code: null },
    { name: 'an IPv6 host', facts: { ...GET, host: '[::1]:9' }, code: null },
    { name: 'an entry with a port', facts: { ...GET, host: 'ADMIN.example.com:8443' }, code: null },
    {
      name: 'JSON with a charset',
      facts: { ...POST, contentType: 'Application/JSON; charset=utf-8' },
      code: null,
    },
    { name: 'DNS rebinding', facts: { ...GET, host: 'attacker.example:4000' }, code: 'FORBIDDEN' },
    { name: 'no host', facts: { ...GET, host: undefined }, code: 'FORBIDDEN' },
    {
      name: 'another port than the listed one',
      facts: { ...GET, host: 'admin.example.com' },
      code: 'FORBIDDEN',
    },
    {
      name: 'a host that only begins like ours',
      facts: { ...GET, host: '127.0.0.1.attacker.example' },
      code: 'FORBIDDEN',
    },
    {
      name: 'a page of another origin',
      facts: { ...POST, origin: 'https://attacker.example' },
      code: 'FORBIDDEN',
    },
    {
      name: 'a page of another port',
      facts: { ...POST, origin: 'http://127.0.0.1:5000' },
      code: 'FORBIDDEN',
    },
    { name: 'an opaque origin', facts: { ...POST, origin: 'null' }, code: 'FORBIDDEN' },
    {
      name: 'a cross-site request without Origin',
      facts: { ...GET, fetchSite: 'cross-site' },
      code: 'FORBIDDEN',
    },
    { name: 'a sibling site', facts: { ...GET, fetchSite: 'same-site' }, code: 'FORBIDDEN' },
    {
      name: 'a form',
      facts: { ...POST, contentType: 'application/x-www-form-urlencoded' },
      code: 'UNSUPPORTED_MEDIA_TYPE',
    },
    {
      name: 'JSON said to be text',
      facts: { ...POST, contentType: 'text/plain' },
      code: 'UNSUPPORTED_MEDIA_TYPE',
    },
    {
      name: 'a body of no type',
      facts: { ...POST, contentType: undefined },
      code: 'UNSUPPORTED_MEDIA_TYPE',
    },
    { name: 'a write without body', facts: { ...POST, contentType: undefined, hasBody: false }, code: null },
  ])('$name → $code', ({ facts, code }) => {
    expect(refuseForeignBrowser(facts, HOSTS)?.code ?? null).toBe(code);
  });
});
