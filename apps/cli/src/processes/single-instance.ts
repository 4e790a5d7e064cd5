import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface HoldOptions {
  /** How long to wait for another run that may be ending just now. */
  waitMs: number;
}

const POLL_MS = 100;

/**
 * Holds the installation for this process. The lock is a socket in Linux's abstract namespace (unix(7)): it has no file,
 * so it can't go stale; the kernel drops it with the process, however that ends. Throws when another process holds it.
 */
export async function holdInstallation(instanceId: string, { waitMs }: HoldOptions): Promise<Server> {
  const end = performance.now() + waitMs;
  for (;;) {
    const held = await tryToHold(`\0portcullis-${instanceId}`);
    if (held !== undefined) return held;
    if (performance.now() >= end) throw new Error('Portcullis is already running on this data directory');
    await delay(POLL_MS);
  }
}

function tryToHold(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(name, () => resolve(server.unref()));
  });
}
