import { join } from 'node:path';
import {
  credentials,
  loadPackageDefinition,
  Metadata,
  status,
  type Client,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const PROTO = join(import.meta.dirname, '../../../libs/contracts/proto');

type Done = (error: ServiceError | null, reply: { decision: { effect: string } }) => void;
type PolicyStub = Client & { Check(request: unknown, metadata: Metadata, done: Done): void };
interface Loaded {
  portcullis: { policy: { v1: { PolicyService: new (address: string, c: unknown) => PolicyStub } } };
}

/** An internal tool of the company that asks one replica of policy over gRPC. */
export class GrpcTool {
  private readonly stub: PolicyStub;
  private readonly metadata = new Metadata();

  constructor(address: string, token: string) {
    const options = { includeDirs: [PROTO], enums: String, keepCase: true };
    const definition = loadSync('portcullis/policy/v1/policy.proto', options);
    const { portcullis } = loadPackageDefinition(definition) as unknown as Loaded;
    this.stub = new portcullis.policy.v1.PolicyService(address, credentials.createInsecure());
    this.metadata.set('authorization', `Bearer ${token}`);
  }

  /** May this user call this tool? The effect, or `UNAVAILABLE`. */
  check(user: string, server: string, tool: string): Promise<string> {
    const request = {
      principal: { user },
      operation: 'OPERATION_TOOL_CALL',
      server,
      tool,
      arguments: { fields: {} },
      context: {},
    };
    return new Promise((resolve, reject) => {
      this.stub.Check(request, this.metadata, (error, reply) => {
        if (error === null) resolve(reply.decision.effect.replace('EFFECT_', ''));
        else if (error.code === status.UNAVAILABLE) resolve('UNAVAILABLE');
        else reject(error);
      });
    });
  }

  close(): void {
    this.stub.close();
  }
}
