// Where things are in this repository. Runs on any Node ≥ 20, before anything is installed.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const inModules = (...path) => join(root, 'node_modules', ...path);

const NEEDED = [22, 13];

/** The Node that the product runs on: the pinned one, or the running one if it is new enough. */
export function nodeBinary() {
  const pinned = inModules('.bin', 'node');
  if (existsSync(pinned)) return pinned;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return process.execPath;
  throw new Error(
    `Node ${NEEDED.join('.')} or newer is needed, this is ${process.version}, and no pinned Node is available for ` +
      `${process.platform}-${process.arch}. Install Node 22 (https://nodejs.org) and try again.`,
  );
}
