import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { loadPackageDefinition, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const CONTRACTS = dirname(createRequire(import.meta.url).resolve('@portcullis/contracts/package.json'));

/** Directory of the published `.proto` files. */
const PROTO_DIRECTORY = join(CONTRACTS, 'proto');

interface Loaded {
  portcullis: { policy: { v1: { PolicyService: { service: ServiceDefinition } } } };
}

/** `portcullis.policy.v1.PolicyService`, from the file that clients use too. */
export function policyService(): ServiceDefinition {
  const definition = loadSync('portcullis/policy/v1/policy.proto', {
    includeDirs: [PROTO_DIRECTORY],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const loaded = loadPackageDefinition(definition) as unknown as Loaded;
  return loaded.portcullis.policy.v1.PolicyService.service;
}
