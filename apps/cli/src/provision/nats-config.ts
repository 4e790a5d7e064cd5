import { natsConfig, type NatsUserEntry } from '../nats/nats-config.js';

const CLIENT_PORT = 4222;

/**
 * The configuration of the embedded shape (same users, same allow-lists), but reachable by the other containers. Without
 * TLS: what keeps it private is that its network has the services in it and nobody else. Holds public keys only. The
 * monitoring port is for the container's own health check.
 */
export function deployedNatsConfig(users: readonly NatsUserEntry[]): string {
  const embedded = JSON.parse(natsConfig(CLIENT_PORT, users)) as Record<string, unknown>;
  const config = {
    ...embedded,
    server_name: 'portcullis',
    listen: `0.0.0.0:${CLIENT_PORT}`,
    http: '127.0.0.1:8222',
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
