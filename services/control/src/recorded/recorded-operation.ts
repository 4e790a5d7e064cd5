import {
  AppError,
  deterministicId,
  isErasureOperation,
  newId,
  VERBS,
  type Authorization,
  type AuthorizeAdminRequest,
  type ErasureOperation,
  type JsonValue,
  type KekOperation,
  type VerbCaller,
} from '@portcullis/contracts';
import type { AuthorizeAdmin } from '../access/authorize-admin.js';
import type { Admin } from '../authentication/admin.js';
import type { DirectoryChanges } from '../outbox/directory-changes.js';
import type { AdminFact } from '../outbox/admin-fact.js';
import { sealActor } from '../outbox/seal-actor.js';

export interface RecordedOperationParts {
  readonly authorize: AuthorizeAdmin;
  readonly peers: VerbCaller;
  readonly changes: DirectoryChanges;
}

export interface WantedOperation {
  readonly operation: 'secret.put' | 'secret.delete' | ErasureOperation | KekOperation;
  /** The secret that it is about; left out where it is about key-encryption keys or an erasure. */
  readonly secret?: Omit<NonNullable<AuthorizeAdminRequest['secret']>, 'arguments'>;
  /** Exactly what the vault will be sent: the grant covers its digest. */
  readonly arguments: JsonValue;
  /** What is stated in the end, beside call, intent and result. */
  readonly concluded: Pick<AdminFact, 'action' | 'target' | 'data'>;
}

/** What the vault wants to see before it touches a secret or a key. */
export interface Proof {
  readonly grant: string;
  readonly receipt: string;
  readonly argumentSalt: string;
}

interface Recorded {
  readonly call: string;
  readonly intent: string;
}

/**
 * An operation that the vault carries out, recorded before its effect: policy decides on the arguments, audit records the intent and
 * gives a receipt, the vault acts on both, and what became of it is recorded from the outbox. Without decision or receipt
 * nothing is sent to the vault. A grant serves once: whoever repeats the request gets a new decision and a new record.
 */
export class RecordedOperation {
  constructor(private readonly parts: RecordedOperationParts) {}

  /**
   * @throws AppError `DENIED_BY_POLICY`, `AUDIT_UNAVAILABLE` (nothing was done), `OUTCOME_UNRECORDED` (it was done), or
   * whatever `perform` throws.
   */
  async run<T>(admin: Admin, wanted: WantedOperation, perform: (proof: Proof) => Promise<T>): Promise<T> {
    const call = newId();
    const authorization = await this.parts.authorize.run(admin, wanted.operation, aboutOf(wanted), call);
    const { grants, argumentSalt } = granted(authorization);
    const recorded = {
      call,
      intent: deterministicId('portcullis/v1/admin-intent', admin.principal.org, call),
    };
    const argumentBytes = Buffer.byteLength(JSON.stringify(wanted.arguments), 'utf8');
    const receipt = await this.recordIntent(recorded.intent, {
      grant: grants.audit,
      sealed: [sealActor(admin, { argumentSalt })],
      argumentBytes,
    });
    return this.perform(admin, wanted, {
      recorded,
      work: () => perform({ grant: grants.vault, receipt, argumentSalt }),
    });
  }

  private async recordIntent(
    recordId: string,
    intent: { grant: string; sealed: ReturnType<typeof sealActor>[]; argumentBytes: number },
  ): Promise<string> {
    const entry = { kind: 'intent' as const, recordId, ...intent };
    const { results } = await this.parts.peers
      .call(VERBS.append, { entries: [entry] })
      .catch((cause: unknown) => {
        throw unrecorded(cause);
      });
    const result = results[0];
    if (result?.status === 'recorded' && result.receipt !== null) return result.receipt;
    throw unrecorded(result);
  }

  private async perform<T>(
    admin: Admin,
    wanted: WantedOperation,
    { recorded, work }: { recorded: Recorded; work: () => Promise<T> },
  ): Promise<T> {
    let done: T;
    try {
      done = await work();
    } catch (thrown) {
      const code = thrown instanceof AppError ? thrown.code : 'INTERNAL';
      const result = code === 'DEADLINE_EXCEEDED' || code === 'UNAVAILABLE' ? 'unknown' : 'failure';
      // The failure itself is what the caller has to know; an intent without conclusion shows in audit.
      await this.conclude(admin, wanted, { ...recorded, result, error: code }).catch(() => undefined);
      throw thrown;
    }
    await this.conclude(admin, wanted, { ...recorded, result: 'success', error: null }).catch(
      (cause: unknown) => {
        throw new AppError(
          'OUTCOME_UNRECORDED',
          'The operation was done, but its outcome could not be recorded.',
          { cause },
        );
      },
    );
    return done;
  }

  private async conclude(
    admin: Admin,
    { concluded }: WantedOperation,
    outcome: Recorded & { result: string; error: string | null },
  ): Promise<void> {
    const { org } = admin.principal;
    await this.parts.changes.change(org, (_manager, note) =>
      note({
        org,
        action: concluded.action,
        by: admin,
        target: concluded.target,
        version: outcome.call,
        data: { ...concluded.data, ...outcome },
      }),
    );
  }
}

function aboutOf({ operation, secret, arguments: args }: WantedOperation) {
  if (secret !== undefined) return { secret: { ...secret, arguments: args } };
  return isErasureOperation(operation) ? { erasure: { arguments: args } } : { kek: { arguments: args } };
}

function granted({ grants, argumentSalt }: Authorization) {
  if (grants !== null && argumentSalt !== null) return { grants, argumentSalt };
  throw new AppError('UNAVAILABLE', 'Policy allowed the operation without a grant: nothing was done.');
}

const unrecorded = (cause: unknown): AppError =>
  new AppError('AUDIT_UNAVAILABLE', 'The operation could not be recorded, so it was not done.', { cause });
