import { spawnSync } from 'node:child_process';
import { inModules, nodeBinary, root } from '../workspace.mjs';

/** Builds every package whose sources changed since the last build. */
export function build(say) {
  const before = Date.now();
  const { status } = spawnSync(nodeBinary(), [inModules('tsc7', 'bin', 'tsc'), '-b'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('the build failed; its messages are above');
  say(`build: up to date (${((Date.now() - before) / 1000).toFixed(1)} s)`);
}
