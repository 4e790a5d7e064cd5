import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** What a stand-in does instead of answering. */
export type Trouble =
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string | object;
      readonly headers?: Record<string, string>;
    };

/** An HTTP server on loopback that can be told to be in trouble, for the next so many requests or until told otherwise. */
export class FaultyServer {
  readonly requests: string[] = [];
  latencyMs = 0;
  private readonly troubles: Trouble[] = [];
  private lasting: Trouble | undefined;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(
    answer: RequestListener,
    tls?: { readonly key: string; readonly cert: string },
  ): Promise<FaultyServer> {
    const listen: RequestListener = (request, response) => {
      faulty.requests.push(`${request.method} ${request.url}`);
      const meet = (): void => {
        const trouble = faulty.troubles.shift() ?? faulty.lasting;
        if (trouble === undefined) answer(request, response);
        else if (trouble.kind === 'reset') request.socket.resetAndDestroy();
        else if (trouble.kind === 'answer') {
          const { status, body, headers } = trouble;
          response.writeHead(status, { 'content-type': 'application/json', ...headers });
          response.end(typeof body === 'string' ? body : JSON.stringify(body));
        }
      };
      setTimeout(meet, faulty.latencyMs);
    };
    const server = tls === undefined ? createServer(listen) : createTlsServer(tls, listen);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const faulty = new FaultyServer(
      server,
      tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    );
    return faulty;
  }

  /** The next requests are met so, one by one. */
  next(...troubles: Trouble[]): void {
    this.troubles.push(...troubles);
  }

  /** Every request is met so; undefined ends it. */
  all(trouble: Trouble | undefined): void {
    this.troubles.length = 0;
    this.lasting = trouble;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
