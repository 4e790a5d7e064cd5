import { createHash } from 'node:crypto';
import { fail, quoted, unlessFaulty, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';
import { readOwnFile } from './read-own-file.js';

export interface SecretFile {
  /** What it is, for people. */
  name: string;
  path: string;
  /** What its text has to look like. */
  form: RegExp;
  /** What to do when it is lost or damaged. */
  mend: string;
  /** A file that holds the SHA-256 of this one, base64url. */
  digestPath?: string;
}

export interface SecretFacts {
  state: 'whole' | 'missing' | 'malformed' | 'digest-differs';
}

/** 256 bits in base64url. */
export const RANDOM_SECRET = /^[A-Za-z0-9_-]{43}$/;

export function judgeSecrets(files: readonly (SecretFile & SecretFacts)[]): Finding[] {
  const faults = files.flatMap(({ state, name, path, mend, digestPath }) => {
    if (state === 'whole') return [];
    if (state === 'missing') return [fail(`${name} is missing or can not be read (${path})`, mend)];
    if (state === 'malformed') return [fail(`${name} is not what was written there (${path})`, mend)];
    return [
      fail(
        `${digestPath} is not the digest of ${name}`,
        `rm ${quoted(digestPath ?? path)}; the next start makes it anew`,
      ),
    ];
  });
  return unlessFaulty(faults, `${files.length} secrets are there and well-formed`);
}

export const secretsCheck = (files: readonly SecretFile[]): Check => ({
  id: 'secrets',
  run: async () =>
    judgeSecrets(await Promise.all(files.map(async (file) => ({ ...file, state: await stateOf(file) })))),
});

async function stateOf({ path, form, digestPath }: SecretFile): Promise<SecretFacts['state']> {
  const text = (await readOwnFile(path))?.trim();
  if (text === undefined) return 'missing';
  if (!form.test(text)) return 'malformed';
  if (digestPath === undefined) return 'whole';
  const digest = (await readOwnFile(digestPath))?.trim();
  return digest === createHash('sha256').update(text).digest('base64url') ? 'whole' : 'digest-differs';
}
