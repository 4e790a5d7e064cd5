import { createServer, type Server } from 'node:net';

/**
 * Finds `count` loopback ports that nobody uses, all different. They are chosen before anything starts, so that a part
 * comes back at the same place when it is restarted.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map(close));
  return ports;
}

/** Throws with a sentence for people when the port can't be listened on. */
export async function assertPortIsFree(port: number): Promise<void> {
  try {
    await close(await listen(port));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE')
      throw new Error(`Port ${port} is taken by another program; choose one with --port`);
    if (code === 'EACCES')
      throw new Error(`Port ${port} may not be used by this user; choose one with --port`);
    throw error;
  }
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
