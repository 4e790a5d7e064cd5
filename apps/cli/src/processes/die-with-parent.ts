/**
 * Preloaded (`node --import`) into every Node process that `portcullis up` starts, the unmodified ones too. The
 * supervisor holds the other end of a pipe; when it ends, however it ends, the kernel closes the pipe and this process
 * stops like on SIGTERM, or hard if that takes longer than three seconds.
 */
import { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';

const GRACE_MS = 3_000;
// `PARENT_PIPE_VARIABLE`, repeated: what is preloaded into other people's programs imports nothing of ours.
const VARIABLE = 'PORTCULLIS_PARENT_PIPE';

// eslint-disable-next-line no-restricted-properties -- for the same reason not from config.ts
const { env } = process;
const descriptor = env[VARIABLE];
if (isMainThread && descriptor !== undefined) {
  // Children of this process must not take their own descriptor of that number for the pipe. The mark of the
  // installation stays readable in /proc, which is where it is looked for, and is nobody else's business.
  delete env[VARIABLE];
  delete env['PORTCULLIS_INSTANCE'];
  watch(Number(descriptor));
}

function watch(fd: number): void {
  const pipe = new Socket({ fd, readable: true, writable: false });
  pipe.on('error', end);
  pipe.on('close', end);
  pipe.resume();
  pipe.unref();
}

function end(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_MS).unref();
  process.kill(process.pid, 'SIGTERM');
}
