import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** A compiled program of another package of this workspace, run as a process of its own and never imported. */
export function programOf(packageName: string, file: 'main.js' | 'migrate.js'): string {
  return join(dirname(require.resolve(`${packageName}/package.json`)), 'dist', file);
}
