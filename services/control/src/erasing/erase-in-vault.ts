import {
  ERASURE_OPERATION_OF,
  VERBS,
  type EraseArguments,
  type EraseReply,
  type VerbCaller,
} from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { RecordedOperation } from '../recorded/recorded-operation.js';

/** Has the vault destroy what it keeps of a server or a person: decided by policy and recorded before it is done. */
export class EraseInVault {
  constructor(
    private readonly peers: VerbCaller,
    private readonly recorded: RecordedOperation,
  ) {}

  /**
   * Nothing is left of it when this returns. Asked again it does the same again, which is harmless. Not to be called within a
   * change of the directory: what became of it is one.
   *
   * @throws AppError as {@link RecordedOperation.run}, and the vault's.
   */
  run(admin: Admin, what: EraseArguments['what'], id: string): Promise<EraseReply> {
    const args = { what, id };
    const wanted = {
      operation: ERASURE_OPERATION_OF[what],
      arguments: args,
      concluded: {
        action: 'control.erasure_concluded' as const,
        target: { type: what === 'server' ? 'server' : 'user', id },
        data: { what },
      },
    };
    return this.recorded.run(admin, wanted, (proof) =>
      this.peers.call(VERBS.erase, { ...proof, arguments: args }),
    );
  }
}
