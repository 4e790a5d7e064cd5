import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readConfig } from './config.js';

const directory = mkdtempSync(join(tmpdir(), 'portcullis-config-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const file = (name: string, content: string): string => {
  writeFileSync(join(directory, name), content, { mode: 0o600 });
  return join(directory, name);
};

const GOOD = {
  NATS_URL: 'nats://127.0.0.1:4222',
  NATS_NKEY_SEED_FILE: file('seed', 'SUAxxx\n'),
  TRUST_BUNDLE_FILE: '/bundle.json',
  TRUST_ROOT_KEYS: 'key',
  IDENTITY_FILE: '/identity.json',
  DATABASE_URL_FILE: file('app', 'postgres://app\n'),
  DATABASE_JOB_URL_FILE: file('job', 'postgres://job\n'),
};
const HASH = createHash('sha256').update('token').digest();

describe('the configuration', () => {
  it('has loopback names as its only defaults of consequence, and no bootstrap unless asked for', () => {
    const config = readConfig(GOOD);
    expect(config.HTTP_ALLOWED_HOSTS).toEqual(['127.0.0.1', 'localhost', '[::1]']);
    expect(config.BOOTSTRAP_TOKEN_HASH_FILE).toBeNull();
  });

  it.each(Object.keys(GOOD))('does not start without %s, and names it', (variable) => {
    expect(() => readConfig({ ...GOOD, [variable]: undefined })).toThrow(variable);
  });

  it.each([
    ['sha256sum', HASH.toString('hex')],
    ['base64url', `${HASH.toString('base64url')}\n`],
  ])('takes the hash of the bootstrap token as %s writes it', (_name, content) => {
    const config = readConfig({ ...GOOD, BOOTSTRAP_TOKEN_HASH_FILE: file('hash', content) });
    expect(config.BOOTSTRAP_TOKEN_HASH_FILE).toEqual(HASH);
  });

  it.each([
    ['the token itself', 'bootstrap-token-that-nobody-may-see'],
    ['nothing', ''],
    ['a short hash', HASH.toString('hex').slice(2)],
  ])('does not start with %s where the hash should be, and does not repeat it', (_name, content) => {
    const start = () => readConfig({ ...GOOD, BOOTSTRAP_TOKEN_HASH_FILE: file('hash', content) });
    expect(start).toThrow(/BOOTSTRAP_TOKEN_HASH_FILE: must name/);
    if (content !== '') expect(start).not.toThrow(new RegExp(content));
  });

  it.each(['*', 'https://admin.example.com', 'a b', ''])('takes no "%s" for a host', (hosts) => {
    expect(() => readConfig({ ...GOOD, HTTP_ALLOWED_HOSTS: hosts })).toThrow('HTTP_ALLOWED_HOSTS');
  });
});
