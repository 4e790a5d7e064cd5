// The least that can answer over NATS: the bytes that it was given, whatever is asked.
import { connect, headers, nkeyAuthenticator } from '@nats-io/transport-node';

process.once('message', async ({ url, seed, answer, header }) => {
  const connection = await connect({
    servers: url,
    authenticator: nkeyAuthenticator(Buffer.from(seed)),
    inboxPrefix: '_INBOX_operator',
  });
  const body = Buffer.from(answer, 'base64');
  const signed = headers();
  signed.set(...header);
  connection.subscribe('bench.echo', {
    queue: 'echo',
    callback: (_error, message) => message.respond(body, { headers: signed }),
  });
  await connection.flush();
  process.send('ready');
});
process.once('disconnect', () => process.exit(0));
