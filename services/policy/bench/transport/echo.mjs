import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('echo-process.mjs', import.meta.url));

/** An echo over both transports, in a process of its own; it answers with what policy has answered. */
export async function startEcho({ nats, answers }) {
  const child = fork(PROGRAM, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.send({ url: nats.url, seed: nats.seedOf('operator').revealText(), ...answers });
  const [{ port }] = await once(child, 'message');
  return { pid: child.pid, grpcAddress: `127.0.0.1:${port}`, stop: () => child.disconnect() };
}
