import {
  VERBS,
  type DeleteReply,
  type JsonValue,
  type ListSecretsReply,
  type SealedPut,
  type SecretMetadata,
  type VerbCaller,
} from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { Assertions } from '../authentication/assertions.js';
import type { ReadServers } from '../servers/read-servers.js';
import type { RecordedOperation, WantedOperation } from '../recorded/recorded-operation.js';
import { secretTarget, type Targeted, type WantedSecret } from './secret-target.js';

export interface ManageSecretsParts {
  readonly servers: ReadServers;
  readonly peers: VerbCaller;
  readonly assertions: Assertions;
  readonly recorded: RecordedOperation;
}

/** Credentials of servers. Control passes sealed values on and never has a key that opens one. */
export class ManageSecrets {
  constructor(private readonly parts: ManageSecretsParts) {}

  /** Metadata of what is kept for a server. @throws AppError `NOT_FOUND` */
  async list(admin: Admin, slug: string): Promise<ListSecretsReply> {
    const { servers, peers, assertions } = this.parts;
    const { srv } = await servers.one(admin.principal.org, slug);
    return peers.call(VERBS.listSecrets, { assertion: assertions.issue(admin.principal, 'vault'), srv });
  }

  /** @throws AppError as {@link RecordedOperation.run}, and the vault's. */
  async put(
    admin: Admin,
    slug: string,
    wanted: WantedSecret & { sealed: SealedPut },
  ): Promise<SecretMetadata> {
    const server = await this.parts.servers.one(admin.principal.org, slug);
    const targeted = secretTarget(admin, server, wanted);
    const args = { target: targeted.target, sealed: wanted.sealed };
    const operation = operationOn(targeted, args, 'secret.put');
    return this.parts.recorded.run(admin, operation, (proof) =>
      this.parts.peers.call(VERBS.putSecret, { ...proof, arguments: args }),
    );
  }

  /** @throws AppError as {@link RecordedOperation.run}, and the vault's. */
  async delete(admin: Admin, slug: string, wanted: WantedSecret): Promise<DeleteReply> {
    const server = await this.parts.servers.one(admin.principal.org, slug);
    const targeted = secretTarget(admin, server, wanted);
    const args = { target: targeted.target };
    const operation = operationOn(targeted, args, 'secret.delete');
    return this.parts.recorded.run(admin, operation, (proof) =>
      this.parts.peers.call(VERBS.deleteSecret, { ...proof, arguments: args }),
    );
  }
}

function operationOn(
  { target, slot }: Targeted,
  args: JsonValue,
  operation: 'secret.put' | 'secret.delete',
): WantedOperation {
  const { srv, ownerKind, owner } = target;
  return {
    operation,
    secret: { srv, slot, owner },
    arguments: args,
    concluded: {
      action: operation === 'secret.put' ? 'control.secret_put_concluded' : 'control.secret_delete_concluded',
      target: { type: 'secret', id: `${srv}/${target.slot}` },
      data: { ownerKind, owner },
    },
  };
}
