import { connect, createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface HoldOptions {
  /** How long to wait for another run that may be ending just now. */
  waitMs: number;
  /** Told once when there is something to wait for. */
  onWait?: () => void;
}

const POLL_MS = 100;

/**
 * Holds the installation for this process. The lock is a socket in Linux's abstract namespace (unix(7)): it has no file,
 * so it can't go stale; the kernel drops it with the process, however that ends. Throws when another process holds it.
 */
export async function holdInstallation(instanceId: string, options: HoldOptions): Promise<Server> {
  const end = performance.now() + options.waitMs;
  for (let attempt = 0; ; attempt += 1) {
    const held = await tryToHold(lockOf(instanceId));
    if (held !== undefined) return held;
    if (performance.now() >= end) throw new Error('Portcullis is already running on this data directory');
    if (attempt === 0) options.onWait?.();
    await delay(POLL_MS);
  }
}

const lockOf = (instanceId: string): string => `\0portcullis-${instanceId}`;

/** Whether some process holds the installation. It is told nothing and does not notice. */
export function isHeld(instanceId: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(lockOf(instanceId));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
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
