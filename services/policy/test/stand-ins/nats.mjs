// Stands in for `nats req SUBJECT BODY --server --nkey --inbox-prefix --header --raw`.
import { readFileSync } from 'node:fs';
import { connect, headers, nkeyAuthenticator } from '@nats-io/transport-node';
import { parseArguments } from './arguments.mjs';

const known = { '--server': true, '--nkey': true, '--inbox-prefix': true, '--header': true, '--raw': false };
const { options, operands } = parseArguments(known);
const [command, subject, body] = operands;
if (command !== 'req' || operands.length !== 3) throw new Error('usage: nats req SUBJECT BODY');
const connection = await connect({
  servers: options['--server'],
  authenticator: nkeyAuthenticator(readFileSync(options['--nkey'])),
  inboxPrefix: options['--inbox-prefix'],
});
const sent = headers();
const [name, value] = options['--header'].split(/:(.*)/s);
sent.set(name, value);
const answer = await connection.request(subject, body, { timeout: 5000, headers: sent });
process.stdout.write(answer.data);
await connection.close();
