// npm start [-- options]: setup, then `portcullis up`. Standard output belongs to portcullis alone (`--json`).
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setupOrExit } from './setup.mjs';
import { nodeBinary, root } from './workspace.mjs';

const { natsServer } = setupOrExit();
const child = spawn(nodeBinary(), [join(root, 'apps/cli/dist/main.js'), 'up', ...process.argv.slice(2)], {
  // The fourth is a pipe that nothing is sent through: it ends when this process does, however it ends.
  stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  env: { ...process.env, NATS_SERVER_BIN: natsServer, PORTCULLIS_PARENT_PIPE: '3' },
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // Ctrl-C reaches the whole foreground group by itself; sent twice it could be taken for impatience.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
// Killed with -9, npm takes nothing along: what it started must notice by itself.
const parent = process.ppid;
const watch = process.env.npm_lifecycle_event
  ? setInterval(() => {
      if (process.ppid !== parent) child.kill('SIGTERM');
    }, 1000)
  : undefined;

child.on('error', (error) => {
  process.stderr.write(`portcullis could not be started: ${error.message}\n`);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  clearInterval(watch);
  process.exitCode = code ?? 128 + constants.signals[signal];
});
