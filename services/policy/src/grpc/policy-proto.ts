import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { loadPackageDefinition, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';

const CONTRACTS = dirname(createRequire(import.meta.url).resolve('@portcullis/contracts/package.json'));

/** Directory of the published `.proto` files. */
const PROTO_DIRECTORY = join(CONTRACTS, 'proto');

/** What is served, from the files that clients use too. */
export const PUBLISHED_PACKAGES: PackageDefinition = loadSync(
  ['portcullis/policy/v1/policy.proto', 'grpc/health/v1/health.proto'],
  {
    includeDirs: [PROTO_DIRECTORY],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  },
);

interface Loaded {
  portcullis: { policy: { v1: { PolicyService: { service: ServiceDefinition } } } };
  grpc: { health: { v1: { Health: { service: ServiceDefinition } } } };
}

const loaded = loadPackageDefinition(PUBLISHED_PACKAGES) as unknown as Loaded;

/** `portcullis.policy.v1.PolicyService`. */
export const policyService: ServiceDefinition = loaded.portcullis.policy.v1.PolicyService.service;

/** `grpc.health.v1.Health`. */
export const healthService: ServiceDefinition = loaded.grpc.health.v1.Health.service;

export const POLICY_SERVICE = 'portcullis.policy.v1.PolicyService';
