import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export type Rewrite = (bytes: string) => string;

/**
 * Stands between a service and the broker and changes what passes, as whoever operates the broker could: the texts
 * must keep their length, since the protocol announces it.
 */
export class TamperingProxy {
  /** What the service sends. */
  outgoing: Rewrite = (bytes) => bytes;
  /** What the service gets. */
  incoming: Rewrite = (bytes) => bytes;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(natsUrl: string): Promise<TamperingProxy> {
    const { hostname, port } = new URL(natsUrl);
    const server = createServer();
    const proxy = new TamperingProxy(server);
    server.on('connection', (service) => {
      const broker = connect(Number(port), hostname);
      proxy.join(service, broker, (bytes) => proxy.outgoing(bytes));
      proxy.join(broker, service, (bytes) => proxy.incoming(bytes));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `nats://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  reset(): void {
    this.outgoing = (bytes) => bytes;
    this.incoming = (bytes) => bytes;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(from: Socket, to: Socket, rewrite: Rewrite): void {
    this.sockets.add(from);
    from.on('data', (chunk: Buffer) => {
      const text = rewrite(chunk.toString('latin1'));
      if (text.length !== chunk.length) throw new Error('The protocol announces lengths: keep them.');
      to.write(text, 'latin1');
    });
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
}
