import { Secret } from '@portcullis/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { OpenedCredentials } from './opened-credentials.js';
import { Redactor } from './redaction.js';

const redactorOf = (secret: string): Redactor =>
  new Redactor(new OpenedCredentials(new Map([['token', Secret.of(secret)]])));
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('redaction of what an upstream echoes', () => {
  const secret = 'sk-"quoted"/ä+% secret\n42';

  it.each([
    ['plain', secret, '[REDACTED:token]'],
    ['JSON-escaped', JSON.stringify(`before ${secret} after`), '"before [REDACTED:token] after"'],
    ['URL-encoded', `https://x/?t=${encodeURIComponent(secret)}`, 'https://x/?t=[REDACTED:token]'],
    [
      'URL-encoded in lower case',
      `https://x/?t=${encodeURIComponent(secret).toLowerCase()}`,
      'https://x/?t=[REDACTED:token]',
    ],
    ['hex', Buffer.from(secret).toString('hex'), '[REDACTED:token]'],
    ['hex in upper case', Buffer.from(secret).toString('hex').toUpperCase(), '[REDACTED:token]'],
    [
      'escaped with slashes and code units',
      JSON.stringify(secret).replaceAll('/', '\\/').replaceAll('k', '\\u006b'),
      '"[REDACTED:token]"',
    ],
    [
      'escaped twice',
      JSON.stringify(JSON.stringify({ token: secret })),
      '"{\\"token\\":\\"[REDACTED:token]\\"}"',
    ],
    [
      'escaped twice, in ASCII',
      JSON.stringify(JSON.stringify(secret).replace('ä', '\\u00e4').replaceAll('/', '\\/')),
      '"\\"[REDACTED:token]\\""',
    ],
    ['as a form', new URLSearchParams({ token: secret }).toString(), 'token=[REDACTED:token]'],
    [
      'in hex beside letters that change their length in lower case',
      `İİ ${Buffer.from(secret).toString('hex').toUpperCase()}`,
      'İİ [REDACTED:token]',
    ],
    // Of the characters at the ends, which say a few bits of the secret and of what stands beside it, some stay.
    ['base64', base64(secret), '[REDACTED:token]I='],
    ['base64url', Buffer.from(secret).toString('base64url'), '[REDACTED:token]I'],
    ['base64 of a longer text', base64(`user:${secret}:end`), 'dXNlcjp[REDACTED:token]jplbmQ='],
    ['base64 of a longer text, shifted', base64(`Bearer ${secret}`), 'QmVhcmVyIH[REDACTED:token]'],
  ])('finds it %s', (_, text, left) => {
    verifies('G3');
    expect(redactorOf(secret).redact(text)).toEqual({ text: left, redactions: 1 });
  });

  it('finds any secret of eight bytes or more in base64 of any text around it', () => {
    const ascii = fc.string({ minLength: 8, maxLength: 40 });
    fc.assert(
      fc.property(ascii, fc.string(), fc.string(), (value, before, after) => {
        fc.pre(Buffer.byteLength(value) >= 8);
        expect(redactorOf(value).redact(base64(before + value + after)).redactions).toBeGreaterThan(0);
      }),
    );
  });

  it('leaves a JSON text one', () => {
    const echo = JSON.stringify({ a: [secret, JSON.stringify({ secret })], b: 'c\\d "e"' });
    const { text, redactions } = redactorOf(secret).redact(echo);
    expect(redactions).toBe(2);
    expect(JSON.parse(text)).toEqual({
      a: ['[REDACTED:token]', '{"secret":"[REDACTED:token]"}'],
      b: 'c\\d "e"',
    });
  });

  it('leaves other text alone, and secrets that are too short to look for', () => {
    expect(redactorOf(secret).redact('{"content":"nothing"}')).toEqual({
      text: '{"content":"nothing"}',
      redactions: 0,
    });
    expect(redactorOf('short').redact('short').redactions).toBe(0);
  });
});
