// The same callers for policy and for the echo: bytes that are ready go out, bytes come back, nothing is read in them. What
// differs is the server alone. Requests over NATS are signed beforehand; a signature holds for ten seconds.
import { loadSync } from '@grpc/proto-loader';
import { Client, credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { headers } from '@nats-io/transport-node';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { REQUEST_HEADER, signClientRequest } from '@portcullis/contracts';

const CONTRACTS = dirname(createRequire(import.meta.url).resolve('@portcullis/contracts/package.json'));
const TIMEOUT_MS = 10_000;
const bytes = (buffer) => buffer;

/** `call()` sends one; `sign()` signs anew for the next seconds. */
export function natsCaller(connection, { subject, body, token, signedFor = subject }) {
  let signed;
  return {
    sign: () => {
      signed = headers();
      signed.set(REQUEST_HEADER, signClientRequest(token, signedFor, body, new Date()));
    },
    call: () => connection.request(subject, body, { timeout: TIMEOUT_MS, headers: signed }),
  };
}

export function grpcCaller(address, { path, body, token }) {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token.revealText()}`);
  return {
    sign: () => undefined,
    call: () =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, bytes, bytes, body, metadata, (error, answer) =>
          error === null ? resolve(answer) : reject(error),
        );
      }),
    close: () => client.close(),
  };
}

/** `Check` and `CheckMany` of the published service, to make requests and read answers with. */
export function policyMethods() {
  const definition = loadSync('portcullis/policy/v1/policy.proto', {
    includeDirs: [join(CONTRACTS, 'proto')],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  return loadPackageDefinition(definition).portcullis.policy.v1.PolicyService.service;
}
