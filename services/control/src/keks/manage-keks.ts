import {
  VERBS,
  type JsonValue,
  type KekOperation,
  type KeksReply,
  type RetireKekReply,
  type RewrapReply,
  type RotateKekReply,
  type VerbCaller,
} from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { Assertions } from '../authentication/assertions.js';
import type { RecordedOperation, WantedOperation } from '../recorded/recorded-operation.js';

export interface ManageKeksParts {
  readonly peers: VerbCaller;
  readonly assertions: Assertions;
  readonly recorded: RecordedOperation;
}

/** The vault's key-encryption keys, for admins of the home organisation. Control only asks: keys and job are the vault's. */
export class ManageKeks {
  constructor(private readonly parts: ManageKeksParts) {}

  /** @throws AppError the vault's */
  status(admin: Admin): Promise<KeksReply> {
    const assertion = this.parts.assertions.issue(admin.principal, 'vault');
    return this.parts.peers.call(VERBS.keks, { assertion });
  }

  /** @throws AppError as {@link RecordedOperation.run}, and the vault's. */
  rotate(admin: Admin, primary: string): Promise<RotateKekReply> {
    const args = { primary };
    return this.parts.recorded.run(admin, operationOn(primary, args, 'kek.rotate'), (proof) =>
      this.parts.peers.call(VERBS.rotateKek, { ...proof, arguments: args }),
    );
  }

  /** @throws AppError as above */
  rewrap(admin: Admin, rowsPerSecond: number): Promise<RewrapReply> {
    const args = { rowsPerSecond };
    return this.parts.recorded.run(admin, operationOn('primary', args, 'kek.rewrap'), (proof) =>
      this.parts.peers.call(VERBS.rewrap, { ...proof, arguments: args }),
    );
  }

  /** @throws AppError as above */
  retire(admin: Admin, kekId: string): Promise<RetireKekReply> {
    const args = { kekId };
    return this.parts.recorded.run(admin, operationOn(kekId, args, 'kek.retire'), (proof) =>
      this.parts.peers.call(VERBS.retireKek, { ...proof, arguments: args }),
    );
  }
}

const CONCLUDED = {
  'kek.rotate': 'control.kek_rotate_concluded',
  'kek.rewrap': 'control.kek_rewrap_concluded',
  'kek.retire': 'control.kek_retire_concluded',
} as const;

const operationOn = (kekId: string, args: JsonValue, operation: KekOperation): WantedOperation => ({
  operation,
  arguments: args,
  concluded: { action: CONCLUDED[operation], target: { type: 'kek', id: kekId }, data: {} },
});
