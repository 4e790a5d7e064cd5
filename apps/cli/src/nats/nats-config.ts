import type { NatsUser, SubjectPermissions } from '@portcullis/contracts';

export interface NatsUserEntry {
  user: NatsUser;
  /** Public nkey of the user, `U…`. */
  publicKey: string;
  permissions: SubjectPermissions;
}

/** Requests and answers are JSON documents; whatever is larger goes another way, in pieces. */
const MAX_PAYLOAD_BYTES = 1_048_576;

/**
 * Configuration of the embedded nats-server, as JSON (its format is a superset). Loopback only; one account; every user
 * has a key and a list of what it may do, so what is not listed is refused and there is no anonymous user. No monitoring
 * port, no JetStream, no cluster: nothing else listens, and nothing is stored.
 */
export function natsConfig(port: number, users: readonly NatsUserEntry[]): string {
  const config = {
    server_name: 'portcullis-embedded',
    listen: `127.0.0.1:${port}`,
    max_payload: MAX_PAYLOAD_BYTES,
    max_connections: 256,
    write_deadline: '5s',
    ping_interval: '20s',
    authorization: {
      // Six services start at once, and each has to answer a challenge in this time.
      timeout: 10,
      users: users.map(({ publicKey, permissions }) => ({
        nkey: publicKey,
        permissions: {
          publish: { allow: permissions.publish },
          subscribe: { allow: permissions.subscribe },
        },
      })),
    },
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
