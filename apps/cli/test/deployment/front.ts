import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Front {
  url: string;
  close(): Promise<void>;
}

/** In the place of Caddy: sends a path on as `infra/caddy/Caddyfile` does, under the public name, without TLS. */
export async function startFront(host: string, ports: { gateway: number; control: number }): Promise<Front> {
  const server = createServer((incoming, outgoing) => {
    const port = portFor(incoming.url!, ports);
    if (port === undefined) outgoing.writeHead(404).end();
    else pass(incoming, outgoing, { port, host });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => closed(server) };
}

function portFor(url: string, ports: { gateway: number; control: number }): number | undefined {
  if (/^\/mcp([/?]|$)/.test(url)) return ports.gateway;
  return url.startsWith('/api/') ? ports.control : undefined;
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, to: { port: number; host: string }): void {
  const options = {
    ...{ host: '127.0.0.1', port: to.port, method: incoming.method, path: incoming.url },
    headers: { ...incoming.headers, host: to.host },
  };
  const onward = request(options, (answer) => {
    outgoing.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(outgoing);
  });
  onward.once('error', () => outgoing.destroy());
  incoming.pipe(onward);
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  });
