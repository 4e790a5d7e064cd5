import { inboxPrefix, type NatsUser, type Secret } from '@portcullis/contracts';
import { connect, nkeyAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import type { Logger } from '../logging/logger.js';

export interface NatsOptions {
  url: string;
  user: NatsUser;
  /** Seed of the user's nkey. */
  seed: Secret;
  logger: Logger;
}

/** Milliseconds between two attempts to reach the server. */
const RECONNECT_WAIT_MS = 250;

/**
 * One connection per process, with the user's private inbox. It reconnects for ever: while the server is away requests
 * fail with `UNAVAILABLE`, and subscriptions are there again as soon as it is back.
 */
export async function connectNats(options: NatsOptions): Promise<NatsConnection> {
  const connection = await connect({
    servers: options.url,
    name: `portcullis-${options.user}`,
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
