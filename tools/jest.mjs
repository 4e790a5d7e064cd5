// Runs Jest with the workspace's configuration over one package: `node ../../tools/jest.mjs . [pattern …] [jest options]`.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { jestCommand } from './testing/jest-command.mjs';
import { root } from './workspace.mjs';

const [folder = '.', ...rest] = process.argv.slice(2);
const firstOption = rest.findIndex((it) => it.startsWith('-'));
const patterns = firstOption < 0 ? rest : rest.slice(0, firstOption);
const options = rest.slice(patterns.length);
// Jest takes several patterns as alternatives; here each narrows the package down.
const wanted = (patterns.length > 0 ? patterns : ['']).map((pattern) => `${resolve(folder)}/.*${pattern}`);
const { file, args, env } = jestCommand(['--rootDir', root, ...wanted, ...options]);
const child = spawn(file, args, { cwd: root, env, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});
