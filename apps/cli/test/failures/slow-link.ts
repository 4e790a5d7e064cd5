import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP connection between a service and what it talks to, which can be made slow. */
export class SlowLink {
  /** Milliseconds that every byte takes longer, in each direction. */
  delayMs = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: () => number,
  ) {
    server.on('connection', (socket) => this.#join(socket));
  }

  /** @param target loopback port that is dialled anew for each connection */
  static async open(target: () => number): Promise<SlowLink> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new SlowLink(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #join(near: Socket): void {
    const far = connect(this.target(), '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true);
      this.#sockets.add(from);
      this.#pass(from, to);
    }
  }

  /** In order, whatever happens to the delay meanwhile; the end of the one is the end of the other. */
  #pass(from: Socket, to: Socket): void {
    let last = 0;
    const later = (work: () => void): void => {
      last = Math.max(performance.now() + this.delayMs, last);
      const wait = last - performance.now();
      if (wait <= 0) work();
      else setTimeout(work, Math.ceil(wait));
    };
    from.on('data', (bytes) => later(() => to.writable && to.write(bytes)));
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#sockets.delete(from);
      later(() => to.destroy());
    });
  }
}
