import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { secretFile } from './field-kinds.js';
import { serviceFields } from './fields.js';
import { parseConfig } from './parse-config.js';

const directory = mkdtempSync(join(tmpdir(), 'portcullis-config-'));
const file = join(directory, 'secret');
writeFileSync(file, 'hunter2-hunter2\n');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const schema = z.object({ ...serviceFields, ROOT_SECRET_FILE: secretFile('the root secret') });

describe('configuration', () => {
  it('names every variable that is missing or wrong, and shows no value', () => {
    const parse = () =>
      parseConfig(schema, { HTTP_PORT: 'hunter2', ROOT_SECRET_FILE: join(directory, 'none') });
    expect(parse).toThrow(expect.objectContaining({ code: 'FAILED_PRECONDITION' }));
    expect(parse).toThrow(
      /HTTP_PORT.*NATS_URL: is required.*TRUST_ROOT_KEYS: is required.*ROOT_SECRET_FILE: can not be read/s,
    );
    expect(parse).not.toThrow(/hunter2/);
  });

  it('reads secrets from files, into a type that never prints', () => {
    const environment = {
      NATS_URL: 'nats://127.0.0.1:4222',
      NATS_NKEY_SEED_FILE: file,
      TRUST_BUNDLE_FILE: file,
      TRUST_ROOT_KEYS: 'a,b',
      IDENTITY_FILE: file,
      ROOT_SECRET_FILE: file,
    };
    const config = parseConfig(schema, environment);
    expect(config.ROOT_SECRET_FILE.revealText()).toBe('hunter2-hunter2');
    expect(JSON.stringify(config)).not.toContain('hunter2');
    expect(config.TRUST_ROOT_KEYS).toEqual(['a', 'b']);
  });
});
