import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createOnce } from './create-once.js';
import type { DataDirectory } from './data-directory.js';

const fileOf = (data: DataDirectory, name: string): string => data.file('secrets', name);

/** Path of a secret, for a service's `…_FILE` variable. */
export const secretFile = fileOf;

/** 256 random bits in base64url, made at the first start; there is no default for any of them. */
export function ensureSecrets(data: DataDirectory, names: readonly string[]): void {
  for (const name of names) createOnce(fileOf(data, name), () => randomBytes(32).toString('base64url'));
}

export function readSecret(data: DataDirectory, name: string): string {
  return readFileSync(fileOf(data, name), 'utf8').trim();
}

/** Beside a secret, its SHA-256 in base64url: for a service that has to recognise it without holding it. */
export function ensureSecretHash(data: DataDirectory, name: string): string {
  const file = fileOf(data, `${name}.sha256`);
  createOnce(file, () => createHash('sha256').update(readSecret(data, name)).digest('base64url'));
  return file;
}
