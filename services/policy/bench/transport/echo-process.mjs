// The least that can answer: over NATS and over grpc-js, the bytes that it was given, whatever is asked.
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { connect, headers, nkeyAuthenticator } from '@nats-io/transport-node';

const asTheyAre = { requestStream: false, responseStream: false };
const bytes = (buffer) => buffer;

process.once('message', async ({ url, seed, natsAnswer, header, grpcAnswer }) => {
  const connection = await connect({
    servers: url,
    authenticator: nkeyAuthenticator(Buffer.from(seed)),
    inboxPrefix: '_INBOX_operator',
  });
  const [body, grpcBody] = [natsAnswer, grpcAnswer].map((text) => Buffer.from(text, 'base64'));
  const signed = headers();
  signed.set(...header);
  connection.subscribe('bench.echo', {
    queue: 'echo',
    callback: (_error, message) => message.respond(body, { headers: signed }),
  });
  await connection.flush();
  const server = new Server();
  const method = {
    ...asTheyAre,
    path: '/bench.Echo/Echo',
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
  server.addService({ Echo: method }, { Echo: (_call, callback) => callback(null, grpcBody) });
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.send({ port });
  });
});
process.once('disconnect', () => process.exit(0));
