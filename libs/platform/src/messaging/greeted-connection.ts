import { errors, connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';

/** A server that works greets within milliseconds. */
const GREETING_MS = 5_000;
const ATTEMPTS = 4;

/**
 * Connects, anew where the server took the connection and then said nothing: seen once in some
 * thousand starts, the cause not found. Everything else is reported as it comes.
 *
 * @throws what the client throws; its `TimeoutError` after four silent connections of `greetingMs` each
 */
export async function greetedConnection(
  options: ConnectionOptions,
  greetingMs = GREETING_MS,
): Promise<NatsConnection> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await connect({ ...options, timeout: greetingMs });
    } catch (error) {
      if (!(error instanceof errors.TimeoutError) || attempt === ATTEMPTS) throw error;
    }
  }
}
