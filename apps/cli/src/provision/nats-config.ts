import { natsConfig, type NatsUserEntry } from '../nats/nats-config.js';

const CLIENT_PORT = 4222;

/**
 * The configuration of the embedded shape (same users, same allow-lists), but reachable by the other containers, and over
 * TLS (1.2 or newer, the server's own minimum) only. Holds public keys only. The monitoring port is for the container's own health check.
 *
 * @param directory where the server finds its certificate and key
 */
export function deployedNatsConfig(users: readonly NatsUserEntry[], directory: string): string {
  const embedded = JSON.parse(natsConfig(CLIENT_PORT, users)) as Record<string, unknown>;
  const config = {
    ...embedded,
    server_name: 'portcullis',
    listen: `0.0.0.0:${CLIENT_PORT}`,
    http: '127.0.0.1:8222',
    tls: {
      cert_file: `${directory}/server.crt`,
      key_file: `${directory}/server.key`,
      timeout: 10,
    },
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
