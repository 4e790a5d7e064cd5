import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Readiness } from '@portcullis/platform';
import type { McpEndpoint } from './mcp-endpoint.js';

export interface HttpServerOptions {
  host: string;
  port: number;
  endpoint: McpEndpoint;
  readiness: () => Promise<Readiness>;
}

/**
 * The gateway's one HTTP server. A bare node:http handler, since a framework's routing would cost more than the steps
 * it leads to. `/health/*` is all that is answered without a credential, and it says nothing about anybody.
 */
export function startHttpServer(options: HttpServerOptions): Promise<Server> {
  const server = createServer((request, response) => {
    route(options, request, response).catch(() => response.destroy());
  });
  // Slow clients hold a connection, not memory: headers and body have to arrive in time.
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.keepAliveTimeout = 30_000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => resolve(server));
  });
}

async function route(
  { endpoint, readiness }: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'GET' && request.url === '/health/live') health(response, 200, { live: true });
  else if (request.method === 'GET' && request.url === '/health/ready') {
    const state = await readiness();
    health(response, state.ready ? 200 : 503, state);
  } else await endpoint.serve(request, response);
}

function health(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
