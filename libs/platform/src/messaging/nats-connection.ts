import { isIP } from 'node:net';
import { AppError, inboxPrefix, type NatsUser, type Secret } from '@portcullis/contracts';
import { nkeyAuthenticator, type NatsConnection, type TlsOptions } from '@nats-io/transport-node';
import type { Logger } from '../logging/logger.js';
import { greetedConnection } from './greeted-connection.js';

export interface NatsOptions {
  url: string;
  user: NatsUser;
  /** Seed of the user's nkey. */
  seed: Secret;
  /** Certificate (PEM) of the authority that the server's must be from; default: those that Node knows. */
  caFile?: string | undefined;
  logger: Logger;
}

/** Milliseconds between two attempts to reach the server. */
const RECONNECT_WAIT_MS = 250;

/**
 * TLS 1.2 or newer with a verified name as soon as the address says `tls:` or an authority is named: a server, or somebody
 * in its place, that offers none is then refused and told nothing.
 */
function tlsOf({ url, caFile }: NatsOptions): TlsOptions | undefined {
  if (caFile === undefined && !url.startsWith('tls:')) return undefined;
  // The client would take an address for "localhost" and accept any server with a certificate for that.
  if (isIP(new URL(url).hostname.replace(/^\[|\]$/g, '')) !== 0)
    throw new AppError(
      'INVALID_ARGUMENT',
      'NATS_URL has an address: with TLS the server is called by its name.',
    );
  return caFile === undefined ? {} : { caFile };
}

/**
 * One connection per process, with the user's private inbox. It reconnects for ever: while the server is away requests
 * fail with `UNAVAILABLE`, and subscriptions are there again as soon as it is back.
 */
export async function connectNats(options: NatsOptions): Promise<NatsConnection> {
  const connection = await greetedConnection({
    servers: options.url,
    name: `portcullis-${options.user}`,
    tls: tlsOf(options),
    authenticator: nkeyAuthenticator(options.seed.reveal()),
    inboxPrefix: inboxPrefix(options.user),
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    waitOnFirstConnect: false,
    ignoreAuthErrorAbort: true,
    // It would make an Error object for every request, for a stack that nobody reads.
    noAsyncTraces: true,
  });
  void logStatus(connection, options.logger);
  return connection;
}

async function logStatus(connection: NatsConnection, logger: Logger): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'disconnect') logger.warn('NATS connection lost');
    if (status.type === 'reconnect') logger.info('NATS connection is back');
    if (status.type === 'error') logger.error({ err: status.error }, 'NATS reported an error');
  }
}
