import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inModules, root } from '../workspace.mjs';

const STAMP = inModules('.portcullis-lock');

/** Installs what package-lock.json names, when that is not what is installed. */
export function installDependencies(say) {
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const hash = createHash('sha256').update(lockText).digest('hex');
  if (readOr(STAMP) === hash) return say('dependencies: as locked');
  if (matchesLock(JSON.parse(lockText), readOr(inModules('.package-lock.json')))) {
    writeFileSync(STAMP, hash);
    return say('dependencies: as locked');
  }
  say('dependencies: npm ci (takes a minute the first time)');
  // Standard output stays free for what the caller prints. Notices would be about install scripts, which nothing here
  // relies on: setup does itself what they would do.
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) throw new Error(`npm could not be run: ${error.message}`);
  if (status !== 0) throw new Error('npm ci failed; its messages are above');
  writeFileSync(STAMP, hash);
}

/**
 * Does npm's own record of node_modules hold every package of the lock, in its version? Optional packages may be
 * missing: they are for other platforms.
 */
export function matchesLock(lock, installedText) {
  if (installedText === undefined) return false;
  const installed = JSON.parse(installedText).packages ?? {};
  return Object.entries(lock.packages).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    const found = installed[path];
    if (found === undefined)
      return wanted.optional === true || wanted.devOptional === true || wanted.peer === true;
    return wanted.link === true || found.version === wanted.version;
  });
}

function readOr(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
