import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { startNats, type TestNats } from '../testing/index.js';
import { greetedConnection } from './greeted-connection.js';

let nats: TestNats;
let silent: number;
let taken: number;
let front: Server;
const sockets = new Set<Socket>();

/** In front of a real server: says nothing on the first `silent` connections. */
beforeAll(async () => {
  nats = await startNats();
  const behind = Number(new URL(nats.url).port);
  front = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    taken += 1;
    if (taken <= silent) return;
    const onward = connectTcp(behind, '127.0.0.1').on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
    sockets.add(onward);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
});

beforeEach(() => {
  taken = 0;
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  front?.close();
  await nats?.stop();
});

const options = () => ({ servers: `127.0.0.1:${(front.address() as AddressInfo).port}` });

describe('a server that takes the connection and says nothing', () => {
  it('is asked again', async () => {
    silent = 2;
    // The server wants a key: that it says so shows that it was reached.
    await expect(greetedConnection(options(), 1000)).rejects.toMatchObject({ name: 'AuthorizationError' });
    expect(taken).toBeGreaterThanOrEqual(3);
  });

  it('is given up after four times', async () => {
    silent = Infinity;
    await expect(greetedConnection(options(), 300)).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(taken).toBe(4);
  });
});
