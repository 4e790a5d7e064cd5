import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { portOf } from '@portcullis/platform';
import { AuthzenHandler, type AuthzenHandlerOptions } from './authzen-handler.js';

export interface AuthzenServerOptions extends Omit<AuthzenHandlerOptions, 'baseUrl'> {
  host: string;
  /** 0 = any free one. */
  port: number;
  /** Null: without TLS, which the configuration allows on loopback only. */
  tls: { certificate: Buffer; privateKey: Buffer } | null;
  /** What clients call this face by; null: the address that it listens at. */
  baseUrl: string | null;
}

export interface RunningAuthzenServer {
  readonly port: number;
  stop(): Promise<void>;
}

const REQUEST_MS = 10_000;
const SHUTDOWN_MS = 2_000;

/** The OpenID AuthZEN face of policy: plain node:http(s), since three paths need no framework. */
export async function startAuthzenServer(options: AuthzenServerOptions): Promise<RunningAuthzenServer> {
  const { host, port, tls, baseUrl, ...rest } = options;
  const handler = new AuthzenHandler({
    ...rest,
    baseUrl: () => baseUrl ?? addressOf(host, server, tls !== null),
  });
  const server = open(tls, (request, response) => {
    if (tls !== null) response.setHeader('strict-transport-security', 'max-age=31536000');
    handler.serve(request, response).catch(() => response.destroy());
  });
  // Slow clients hold a connection, not memory: headers and body have to arrive in time.
  server.headersTimeout = REQUEST_MS;
  server.requestTimeout = REQUEST_MS;
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return { port: portOf(server), stop: () => shutDown(server) };
}

const open = (tls: AuthzenServerOptions['tls'], listener: RequestListener): Server =>
  tls === null
    ? createServer(listener)
    : createTlsServer({ cert: tls.certificate, key: tls.privateKey, minVersion: 'TLSv1.2' }, listener);

const addressOf = (host: string, server: Server, isTls: boolean): string =>
  `${isTls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${portOf(server)}`;

/** Lets requests at hand end, then ends the rest. */
function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), SHUTDOWN_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
