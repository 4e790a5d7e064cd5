import { connect } from 'node:net';
import type { PartAnswer } from './part.js';

const TIMEOUT_MS = 2_000;

/** Whether something accepts connections on this loopback port. */
export const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(TIMEOUT_MS, () => done(false));
    socket.once('error', () => done(false)).once('connect', () => done(true));
  });

export async function askPort(port: number): Promise<PartAnswer> {
  const answers = await listens(port);
  return {
    problem: answers ? null : `nothing listens on port ${port}`,
    detail: `it listens on port ${port}`,
  };
}
