import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PolicySource } from '@portcullis/policy-engine';

const MAX_FILES = 1_000;
/** Bytes of one file; what it says of its own limit is more telling just below. */
const MAX_BYTES = 4 * 1024 * 1024;

export interface PolicyFiles {
  policy: PolicySource[];
  tests: PolicySource[];
}

/** The files, and all YAML files in the folders and below. A test file says so in its head. */
export function readPolicyFiles(paths: readonly string[]): PolicyFiles {
  const names = paths.flatMap(filesIn);
  if (names.length > MAX_FILES) throw new Error(`These are more than ${MAX_FILES} files`);
  const sources = [...new Set(names)].map(read);
  return {
    policy: sources.filter((source) => !isTestFile(source)),
    tests: sources.filter(isTestFile),
  };
}

const isTestFile = ({ text }: PolicySource): boolean => /^portcullis:\s*["']?policy-tests\//m.test(text);

function filesIn(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && name !== 'node_modules')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) return filesIn(inside);
      return entry.isFile() && /\.ya?ml$/.test(entry.name) ? [inside] : [];
    });
}

function read(name: string): PolicySource {
  const bytes = readFileSync(name);
  if (bytes.byteLength > MAX_BYTES) throw new Error(`${name} is too large for a file of policy`);
  try {
    return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    throw new Error(`${name} is not UTF-8`);
  }
}

export function readJson(name: string): unknown {
  try {
    return JSON.parse(read(name).text);
  } catch (error) {
    throw new Error(`${name} can't be read as JSON`, { cause: error });
  }
}
