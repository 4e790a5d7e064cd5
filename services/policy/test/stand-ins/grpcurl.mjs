// Stands in for `grpcurl -plaintext -max-time -rpc-header -d JSON ADDRESS SERVICE/METHOD`: knows of the server only what its
// reflection says, like grpcurl.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Client, credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer, loadSync } from '@grpc/proto-loader';
import { parseArguments } from './arguments.mjs';

const known = { '-plaintext': false, '-max-time': true, '-rpc-header': true, '-d': true };
const { options, operands } = parseArguments(known);
const [address, method] = operands;
if (options['-plaintext'] !== true || operands.length !== 2)
  throw new Error('usage: grpcurl -plaintext ADDRESS METHOD');
const [service, name] = method.split('/');

const client = new Client(address, credentials.createInsecure());
const proto = join(
  createRequire(import.meta.url).resolve('@grpc/reflection'),
  '../../proto/grpc/reflection/v1/reflection.proto',
);
const { ServerReflectionInfo } = loadPackageDefinition(loadSync(proto)).grpc.reflection.v1.ServerReflection
  .service;
const files = await new Promise((resolve, reject) => {
  const { path, requestSerialize, responseDeserialize } = ServerReflectionInfo;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  call.once('data', ({ fileDescriptorResponse }) => {
    resolve(fileDescriptorResponse.fileDescriptorProto);
    call.end();
  });
  call.once('error', reject);
  call.write({ fileContainingSymbol: service });
});

const set = files.flatMap((file) => [Buffer.from([0x0a]), varint(file.length), file]);
const described = loadFileDescriptorSetFromBuffer(Buffer.concat(set), {
  enums: String,
  longs: String,
  oneofs: true,
});
const { path, requestSerialize, responseDeserialize } = described[service][name];
const metadata = new Metadata();
metadata.set(...options['-rpc-header'].split(/: (.*)/s).slice(0, 2));
const deadline = Date.now() + Number(options['-max-time']) * 1000;
const asked = JSON.parse(options['-d']);
await new Promise((resolve) => {
  client.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize,
    asked,
    metadata,
    { deadline },
    (error, answer) => {
      process.stdout.write(error ? `ERROR ${error.details}` : JSON.stringify(answer));
      if (error) process.exitCode = 64 + error.code;
      resolve();
    },
  );
});
client.close();

function varint(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return Buffer.from([...bytes, value]);
}
