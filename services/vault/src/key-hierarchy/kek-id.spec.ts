import { kekIdOf, kindOf, parseKekId } from './kek-id.js';

describe('the id of a key-encryption key', () => {
  it.each([
    ['local-1', 'local', 'local-1', 1],
    ['local-1:v2', 'local', 'local-1', 2],
    ['vault', 'local', 'vault', 1],
    ['aws:main', 'aws', 'aws:main', null],
    ['vault:main:v3', 'vault', 'vault:main', 3],
    ['gcp:eu.main:v12', 'gcp', 'gcp:eu.main', 12],
  ])('%s is of kind %s', (text, kind, reference, version) => {
    expect(parseKekId(text)).toEqual({ kind, reference, version });
    expect(kindOf(reference)).toBe(kind);
  });

  it.each([
    '',
    'Local-1',
    'local:1',
    'local-1:v1',
    'vault:main',
    'gcp:main',
    'vault:main:v0',
    'vault:main:v03',
    'vault:main:v-1',
    'vault:main:v1e3',
    'vault:main:v1234567890',
    'aws:main:v1',
    'vault::v1',
    'vault:main:v1 ',
    'vault:main:v1\n',
    `local-${'1'.repeat(63)}`,
  ])('%j is none', (text) => {
    expect(parseKekId(text)).toBeNull();
  });

  it.each([
    ['vault:main', 7],
    ['local-1', 1],
    ['local-1', 2],
  ])('with a version is read as it was written: %s, %i', (reference, version) => {
    expect(parseKekId(kekIdOf(reference, version))).toMatchObject({ reference, version });
  });
});
