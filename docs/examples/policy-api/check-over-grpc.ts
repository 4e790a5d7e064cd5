// May USER_ID call SERVER/TOOL? Over gRPC: node check-over-grpc.ts USER_ID SERVER TOOL
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, credentials, loadPackageDefinition, Metadata, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const { POLICY_GRPC, POLICY_TOKEN_FILE, POLICY_CA_FILE } = process.env as Record<string, string>;
const [, , principal = '', server = '', tool = ''] = process.argv;

const contracts = dirname(fileURLToPath(import.meta.resolve('@portcullis/contracts/package.json')));
const definition = loadSync('portcullis/policy/v1/policy.proto', {
  includeDirs: [join(contracts, 'proto')],
  enums: String,
  longs: String,
  oneofs: true,
});
type Loaded = { portcullis: { policy: { v1: { PolicyService: { service: ServiceDefinition } } } } };
const loaded = loadPackageDefinition(definition) as unknown as Loaded;
const { path, requestSerialize, responseDeserialize } =
  loaded.portcullis.policy.v1.PolicyService.service['Check']!;

// Without TLS on loopback only.
const channel = POLICY_CA_FILE
  ? credentials.createSsl(readFileSync(POLICY_CA_FILE))
  : credentials.createInsecure();
const client = new Client(POLICY_GRPC!, channel);
const metadata = new Metadata();
metadata.set('authorization', `Bearer ${readFileSync(POLICY_TOKEN_FILE!, 'utf8').trim()}`);

type Answer = { decision: { effect: string; message: string } };
const question = { principal: { user: principal }, operation: 'OPERATION_TOOL_CALL', server, tool };
const answer = await new Promise<Answer>((resolve, reject) => {
  client.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize as (bytes: Buffer) => Answer,
    question,
    metadata,
    { deadline: Date.now() + 3000 },
    (error, response) => (error ? reject(error) : resolve(response!)),
  );
});
// Whatever is no EFFECT_ALLOW is a denial, an error too.
console.log(
  JSON.stringify({ allowed: answer.decision.effect === 'EFFECT_ALLOW', message: answer.decision.message }),
);
client.close();
