import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

const BENCH_FILE = /\.bench\.(mjs|ts)$/;
const FOLDERS = ['libs', 'services', 'apps'];
const NOT_OURS = new Set(['node_modules', 'dist', 'fixtures']);

/** Benchmarks of the workspace by name: `libs/contracts/src/jws.bench.ts` is `jws`. Names must be unique. */
export function discover(root) {
  const byName = new Map();
  for (const file of FOLDERS.flatMap((folder) => benchFiles(join(root, folder)))) {
    const name = basename(file).replace(BENCH_FILE, '');
    if (byName.has(name))
      throw new Error(`two benchmarks are called ${name}: ${byName.get(name)} and ${file}`);
    byName.set(name, file);
  }
  return byName;
}

function benchFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : benchFiles(path);
    return BENCH_FILE.test(entry.name) ? [path] : [];
  });
}
