import { join } from 'node:path';
import { inModules, nodeBinary, root } from '../workspace.mjs';

/** How Jest is called in this workspace: on the pinned Node, with native ES modules. */
export function jestCommand(options, extra = {}) {
  const flags = [
    process.env.NODE_OPTIONS,
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
  ];
  return {
    file: nodeBinary(),
    args: [inModules('jest', 'bin', 'jest.js'), '--config', join(root, 'jest.config.mjs'), ...options],
    env: { ...process.env, ...extra, NODE_OPTIONS: flags.filter(Boolean).join(' ') },
  };
}
