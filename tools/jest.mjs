// Runs Jest with the workspace's configuration over one package: `node ../../tools/jest.mjs . [jest options]`.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { jestCommand } from './testing/jest-command.mjs';
import { root } from './workspace.mjs';

const [folder = '.', ...options] = process.argv.slice(2);
const { file, args, env } = jestCommand(['--rootDir', root, `${resolve(folder)}/`, ...options]);
const child = spawn(file, args, { cwd: root, env, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});
