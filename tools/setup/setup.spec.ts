import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { matchesLock } from './dependencies.mjs';
import { findNatsServer } from './nats.mjs';

describe('whether the installed packages are those of the lock', () => {
  const lock = {
    packages: {
      '': {},
      'libs/contracts': { version: '0.1.0' },
      'node_modules/zod': { version: '4.6.7' },
      'node_modules/a/node_modules/zod': { version: '3.0.0' },
      'node_modules/@portcullis/contracts': { link: true },
      'node_modules/only-elsewhere': { version: '1.0.0', optional: true },
    },
  };
  const installed = {
    'node_modules/zod': { version: '4.6.7' },
    'node_modules/a/node_modules/zod': { version: '3.0.0' },
    'node_modules/@portcullis/contracts': { link: true },
  };
  const record = (packages: object) => JSON.stringify({ packages });

  it('accepts them without the packages of other platforms', () => {
    expect(matchesLock(lock, record(installed))).toBe(true);
  });

  it.each([
    ['another version', { ...installed, 'node_modules/zod': { version: '4.6.8' } }],
    ['a missing nested package', { ...installed, 'node_modules/a/node_modules/zod': undefined }],
    ['a missing workspace link', { ...installed, 'node_modules/@portcullis/contracts': undefined }],
    [
      'another version of an optional one',
      { ...installed, 'node_modules/only-elsewhere': { version: '2.0.0' } },
    ],
  ])('notices %s', (_what, packages) => {
    expect(matchesLock(lock, record(packages))).toBe(false);
  });

  it('takes an unfinished installation, which npm leaves without a record, as none', () => {
    expect(matchesLock(lock, undefined)).toBe(false);
  });
});

describe('finding a NATS server', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nats-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function binary() {
    const path = join(folder, 'nats-server');
    writeFileSync(path, '#!/bin/sh\n');
    chmodSync(path, 0o755);
    return path;
  }

  it('prefers the one that is named', () => {
    const path = binary();
    expect(findNatsServer({ NATS_SERVER_BIN: path, PATH: '' })).toBe(path);
  });

  it('refuses a named one that is not there, rather than taking another', () => {
    expect(() => findNatsServer({ NATS_SERVER_BIN: join(folder, 'absent'), PATH: folder })).toThrow(
      /NATS_SERVER_BIN=.*absent is not an executable file/,
    );
  });

  it('looks along the PATH', () => {
    expect(findNatsServer({ PATH: `/nowhere:${folder}` })).not.toBe(join(folder, 'nats-server'));
    const path = binary();
    expect(findNatsServer({ PATH: `/nowhere:${folder}` })).toBe(path);
  });
});
