import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, nkeyAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { createUser } from '@nats-io/nkeys';
import { eventually } from './eventually.js';

export interface BrokerCapture {
  /** Every message so far: subject, headers and body as one text each. */
  readonly messages: string[];
  readonly connection: NatsConnection;
  stop(): Promise<void>;
}

interface NatsConfiguration {
  authorization: { users: { nkey: string; permissions?: unknown }[] };
}

/**
 * What the operator of the broker can see: adds a user that may do everything to the running server's configuration,
 * has it reloaded, and keeps every message.
 */
export async function captureBroker(
  dataDirectory: string,
  natsUrl: string,
  natsPid: number,
): Promise<BrokerCapture> {
  const file = join(dataDirectory, 'nats', 'nats.conf');
  const operator = createUser();
  const config = JSON.parse(readFileSync(file, 'utf8')) as NatsConfiguration;
  config.authorization.users.push({ nkey: operator.getPublicKey() });
  writeFileSync(file, JSON.stringify(config));
  process.kill(natsPid, 'SIGHUP');
  const authenticator = nkeyAuthenticator(operator.getSeed());
  const connection = await eventually(() => connect({ servers: natsUrl, authenticator, reconnect: false }));
  const messages: string[] = [];
  connection.subscribe('>', {
    callback: (_error, message) => {
      const headers = [...(message.headers?.keys() ?? [])].map(
        (name) => `${name}: ${message.headers?.get(name)}`,
      );
      messages.push([message.subject, ...headers, Buffer.from(message.data).toString('latin1')].join('\n'));
    },
  });
  await connection.flush();
  return { messages, connection, stop: () => connection.close() };
}
