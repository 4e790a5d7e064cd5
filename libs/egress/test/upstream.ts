import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server as TcpServer } from 'node:net';

export interface Upstream {
  port: number;
  /** `127.0.0.1:<port>` */
  pair: string;
  url: string;
  /** TCP connections accepted so far. */
  connections: () => number;
  close: () => Promise<void>;
}

export function startUpstream(listener: RequestListener): Promise<Upstream> {
  return listen(createServer(listener));
}

export function startTlsUpstream(
  credentials: { key: string; cert: string },
  listener: RequestListener,
): Promise<Upstream> {
  return listen(createTlsServer(credentials, listener));
}

async function listen(server: TcpServer & { closeAllConnections(): void }): Promise<Upstream> {
  let accepted = 0;
  server.on('connection', () => (accepted += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    pair: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
    connections: () => accepted,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
