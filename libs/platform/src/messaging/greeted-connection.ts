import { errors, connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';

/** A server that works greets within milliseconds. */
const GREETING_MS = 5_000;
const ATTEMPTS = 4;

/**
 * Connects, anew where the server took the connection and then said nothing (seen once in some thousand starts, the cause
 * not found), or has waited too long for the proof of who this is. Everything else is reported as it comes.
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
      if (!isTooLate(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** No greeting from the server in time, or no answer from here to its challenge: a busy machine does that. */
const isTooLate = (error: unknown): boolean =>
  error instanceof errors.TimeoutError ||
  (error instanceof errors.AuthorizationError && /timeout/i.test(error.message));
