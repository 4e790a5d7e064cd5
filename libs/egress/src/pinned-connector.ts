import { connect as connectTcp, type LookupFunction, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AppError } from '@portcullis/contracts';
import type { buildConnector } from 'undici';
import { isAddressLiteral, type Destination } from './destination.js';
import {
  resolveDestination,
  systemResolver,
  type Lookup,
  type ResolvedAddress,
} from './resolve-destination.js';

export interface ConnectionOptions {
  /** Name resolution; the system's by default. Asked exactly once per connection. */
  lookup?: Lookup;
  /** Opens the TCP connection to an address that was checked; `net.connect` by default. */
  openSocket?: (options: TcpNetConnectOpts) => Socket;
  /** For resolving, TCP and TLS together. Default 5,000 ms. */
  connectTimeoutMs?: number;
  /** Certificate authorities (PEM) trusted instead of the ones that come with Node. */
  ca?: string | string[];
}

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;

/**
 * The connect step of one origin's connections: resolve, check every address, dial what was checked. The name is never
 * resolved a second time, so an answer that changes in between (DNS rebinding) changes nothing.
 */
export function pinnedConnector(to: Destination, options: ConnectionOptions): buildConnector.connector {
  return (_options, callback) => {
    connectPinned(to, options).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    );
  };
}

async function connectPinned(to: Destination, options: ConnectionOptions): Promise<Socket | TLSSocket> {
  const expiry = new AbortController();
  const timer = setTimeout(() => expiry.abort(), options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS);
  try {
    const resolving = resolveDestination(to, options.lookup ?? systemResolver);
    const addresses = await Promise.race([resolving, rejectOnAbort(expiry.signal)]);
    return await dial(to, addresses, { ...options, signal: expiry.signal });
  } catch (cause) {
    throw cause instanceof AppError ? cause : unreachable(to, cause);
  } finally {
    clearTimeout(timer);
  }
}

interface DialOptions extends ConnectionOptions {
  signal: AbortSignal;
}

function dial(to: Destination, addresses: ResolvedAddress[], options: DialOptions): Promise<Socket> {
  const open = options.openSocket ?? connectTcp;
  const tcp = open(tcpOptions(to, addresses));
  tcp.setNoDelay(true).setKeepAlive(true, 60_000);
  const socket = to.protocol === 'https:' ? secure(to, tcp, options) : tcp;
  // A wrapped socket reports its own errors to nobody; without a listener they would end the process.
  if (socket !== tcp) tcp.on('error', (error) => socket.destroy(error));
  return new Promise((resolve, reject) => {
    const abort = (): void => void socket.destroy(new Error('The connection was not made in time'));
    options.signal.addEventListener('abort', abort);
    socket.once('error', (error) => {
      options.signal.removeEventListener('abort', abort);
      tcp.destroy();
      reject(error);
    });
    socket.once(to.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      options.signal.removeEventListener('abort', abort);
      resolve(socket);
    });
  });
}

function tcpOptions(to: Destination, addresses: ResolvedAddress[]): TcpNetConnectOpts {
  if (addresses.length === 1) return { host: addresses[0]!.address, port: to.port };
  return { host: to.hostname, port: to.port, lookup: answerWith(addresses), autoSelectFamily: true };
}

/** A resolver for `net.connect` that can only answer with what was checked. */
function answerWith(addresses: ResolvedAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    if (options.all) callback(null, addresses);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  };
}

function secure(to: Destination, socket: Socket, { ca }: ConnectionOptions): TLSSocket {
  return connectTls({
    socket,
    host: to.hostname,
    // RFC 6066 section 3: a literal address is not a server name.
    ...(isAddressLiteral(to.hostname) ? {} : { servername: to.hostname }),
    ...(ca === undefined ? {} : { ca }),
    ALPNProtocols: ['http/1.1'],
    minVersion: 'TLSv1.2',
    // Stated, because NODE_TLS_REJECT_UNAUTHORIZED in the environment would otherwise switch it off.
    rejectUnauthorized: true,
  });
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('The name was not resolved in time')), {
      once: true,
    });
  });
}

function unreachable(to: Destination, cause: unknown): AppError {
  const code = (cause as { code?: unknown }).code;
  const reason = typeof code === 'string' ? ` (${code})` : '';
  return new AppError('UPSTREAM_UNREACHABLE', `No connection to ${to.origin}${reason}`, {
    cause,
    details: { sent: false },
  });
}
