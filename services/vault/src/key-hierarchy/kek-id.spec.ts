import { kekIdOf, kindOf, parseKekId } from './kek-id.js';

describe('the id of a key-encryption key', () => {
  it.each([
    ['local-1', 'local', 'local-1', null],
    ['vault', 'local', 'vault', null],
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

  it('with a version is read as it was written', () => {
    expect(parseKekId(kekIdOf('vault:main', 7))).toEqual({
      kind: 'vault',
      reference: 'vault:main',
      version: 7,
    });
  });
});
