import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';

const LOWEST = 20_000;
const MOST_ATTEMPTS = 500;

/**
 * Finds `count` different loopback ports that nobody uses, below the range from which the kernel gives ports to outgoing
 * connections: a part that is restarted must find its port free, and a client that dials a loopback port of that range
 * while nobody listens can end up connected to itself.
 */
export async function freePorts(count: number): Promise<number[]> {
  const highest = firstOutgoingPort();
  const found = new Set<number>();
  for (let attempt = 0; found.size < count; attempt += 1) {
    if (attempt > MOST_ATTEMPTS)
      throw new Error(`There are no ${count} free ports between ${LOWEST} and ${highest}`);
    const port = randomInt(LOWEST, highest);
    if (await isFree(port)) found.add(port);
  }
  return [...found];
}

/** Start of `ip_local_port_range`, ip(7); its usual value where it is unusual or can't be read. */
function firstOutgoingPort(): number {
  try {
    const first = Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'), 10);
    return first >= LOWEST + MOST_ATTEMPTS ? first : 32_768;
  } catch {
    return 32_768;
  }
}

export async function isFree(port: number): Promise<boolean> {
  try {
    await close(await listen(port));
    return true;
  } catch {
    return false;
  }
}

/** Throws with a sentence for people when the port can't be listened on. */
export async function assertPortIsFree(port: number): Promise<void> {
  try {
    await close(await listen(port));
  } catch (cause) {
    throw new Error(`${reasonOf(cause, port)}; choose another one with --port`, { cause });
  }
}

function reasonOf(cause: unknown, port: number): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `Port ${port} is taken by another program`;
  if (code === 'EACCES') return `Port ${port} may not be used by this user`;
  return `Port ${port} can not be used (${message})`;
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
