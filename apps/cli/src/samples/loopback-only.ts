/**
 * Preloaded into sample servers of others that listen on every interface and have no option for it: a port without a
 * host becomes a port on 127.0.0.1. The program itself stays unmodified.
 */
import { Server } from 'node:net';

type Listen = (this: Server, ...args: unknown[]) => Server;
const original = Server.prototype.listen as Listen;

Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
  const [first, second, ...rest] = args;
  if (typeof first === 'object' && first !== null)
    return original.call(this, { ...first, host: '127.0.0.1' }, second, ...rest);
  const others = typeof second === 'string' ? rest : [second, ...rest];
  return original.call(this, first, '127.0.0.1', ...others.filter((each) => each !== undefined));
} as Server['listen'];
