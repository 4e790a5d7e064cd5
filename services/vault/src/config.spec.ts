import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, type Secret } from '@portcullis/contracts';
import { verifies } from '../../../tools/verifies.js';
import { loadConfig, type Config } from './config.js';

describe('configuration', () => {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-vault-config-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const file = (name: string, content: string | Buffer): string => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
    return join(directory, name);
  };
  const environment = (changes: Record<string, string | undefined> = {}): NodeJS.ProcessEnv => ({
    NATS_URL: 'nats://127.0.0.1:4222',
    NATS_NKEY_SEED_FILE: file('seed', 'SUA'),
    TRUST_BUNDLE_FILE: '/bundle.json',
    TRUST_ROOT_KEYS: 'key',
    IDENTITY_FILE: '/identity.json',
    DATABASE_URL_FILE: file('app-url', 'postgres://app'),
    DATABASE_JOB_URL_FILE: file('job-url', 'postgres://job'),
    VAULT_ROOT_SECRET_FILE: file('root', `${randomBytes(48).toString('base64')}\n`),
    ...changes,
  });
  const refusal = (changes: Record<string, string | undefined>): AppError => {
    try {
      loadConfig(environment(changes));
    } catch (error) {
      return error as AppError;
    }
    throw new Error('the configuration was taken');
  };

  const rootOf = ({ primary }: Config['keys']): Secret => {
    if (primary.kind !== 'local') throw new Error(primary.kind);
    return primary.rootSecret;
  };

  it('takes a complete one, with one key named local-1 and production as default', () => {
    const config = loadConfig(environment());
    expect(config).toMatchObject({
      NODE_ENV: 'production',
      keys: { primary: { kind: 'local', reference: 'local-1' }, secondary: null },
    });
    expect(rootOf(config.keys).byteLength).toBe(64);
  });

  it('keeps the bytes of a binary root secret as they are', () => {
    const bytes = Buffer.concat([randomBytes(40), Buffer.from([0xff, 0xfe, 0x41])]);
    const { keys } = loadConfig(environment({ VAULT_ROOT_SECRET_FILE: file('binary', bytes) }));
    expect(rootOf(keys).reveal().equals(bytes)).toBe(true);
  });

  describe('root secret', () => {
    verifies('H3');
    it.each([
      ['not named', undefined],
      ['named as nothing', ''],
      ['missing', join(tmpdir(), 'portcullis-no-such-file')],
    ])('refuses to start when it is %s, and names the variable', (_what, path) => {
      const error = refusal({ VAULT_ROOT_SECRET_FILE: path });
      expect(error.message).toContain('VAULT_ROOT_SECRET_FILE');
      expect(error.details).toMatchObject({ variables: ['VAULT_ROOT_SECRET_FILE'] });
    });

    it.each([
      ['short', 'tooshort'],
      ['a default', `changeme${randomBytes(32).toString('hex')}`],
      ['not random', 'x'.repeat(64)],
    ])('refuses to start when it is %s, without showing it', (_what, content) => {
      const error = refusal({ VAULT_ROOT_SECRET_FILE: file('weak', content) });
      expect(error.message).toContain('VAULT_ROOT_SECRET_FILE');
      expect(JSON.stringify({ message: error.message, details: error.details })).not.toContain(content);
    });
  });

  describe('root secret by other ways', () => {
    verifies('H3');
    const none = { VAULT_ROOT_SECRET_FILE: undefined };
    const secret = randomBytes(48).toString('base64');

    it('comes from the environment, where nobody who is started from here finds it', () => {
      const given = environment({ ...none, VAULT_ROOT_SECRET: secret });
      expect(rootOf(loadConfig(given).keys).revealText()).toBe(secret);
      expect(given).not.toHaveProperty('VAULT_ROOT_SECRET');
    });

    it('is not looked for in two places', () => {
      const error = refusal({ VAULT_ROOT_SECRET: secret });
      expect(error.details).toMatchObject({ variables: ['VAULT_ROOT_SECRET_FILE'] });
      expect(error.message).not.toContain(secret);
    });

    it('is refused there as in a file', () => {
      const error = refusal({ ...none, VAULT_ROOT_SECRET: 'tooshort' });
      expect(error.details).toMatchObject({ variables: ['VAULT_ROOT_SECRET'] });
      expect(error.message).not.toContain('tooshort');
    });

    it('comes as a credential of systemd', () => {
      file('vault-root-secret', `${secret}\n`);
      const changes = { ...none, CREDENTIALS_DIRECTORY: directory };
      expect(rootOf(loadConfig(environment(changes)).keys).revealText()).toBe(secret);
      rmSync(join(directory, 'vault-root-secret'));
      expect(refusal(changes).details).toMatchObject({ variables: ['VAULT_ROOT_SECRET_FILE'] });
    });
  });

  it('refuses a secondary key of the same name, and a secondary root secret without a name', () => {
    expect(refusal({ VAULT_SECONDARY_KEK_ID: 'local-1' }).message).toContain('VAULT_SECONDARY_KEK_ID');
    const path = file('root-2', randomBytes(48).toString('base64'));
    expect(refusal({ VAULT_SECONDARY_ROOT_SECRET_FILE: path }).message).toContain('VAULT_SECONDARY_KEK_ID');
  });
});
