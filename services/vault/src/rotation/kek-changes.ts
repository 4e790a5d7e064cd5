import {
  verifyToken,
  type JsonValue,
  type KekOperation,
  type KeksReply,
  type KeksRequest,
  type Keyring,
  type RetireKekReply,
  type RetireKekRequest,
  type RewrapReply,
  type RewrapRequest,
  type RotateKekReply,
  type RotateKekRequest,
} from '@portcullis/contracts';
import { consumeGrant } from '../proof/consume-grant.js';
import type { PresentedChange, Proofs } from '../proof/proofs.js';
import type { TenantTransactions } from '../storage/tenant-transactions.js';
import type { ManageKeks } from './manage-keks.js';
import type { RequestedBy } from './rewrap-run.js';

export interface KekChangesParts {
  readonly proofs: Proofs;
  readonly keyring: Keyring;
  readonly transactions: TenantTransactions;
  readonly keks: ManageKeks;
}

/**
 * Changes of the key-encryption keys as they are asked for over the broker: each against policy's grant for exactly this and
 * audit's receipt, once. Policy grants them to admins of the home organisation alone.
 */
export class KekChanges {
  constructor(private readonly parts: KekChangesParts) {}

  /** @throws AppError `UNAUTHENTICATED`, `KEY_UNAVAILABLE`, `UNAVAILABLE` */
  async status({ assertion }: KeksRequest): Promise<KeksReply> {
    // That it is of the home organisation, and an admin's, has been decided: control asks policy first.
    verifyToken(this.parts.keyring, 'pc-principal+jwt', 'control', assertion, this.parts.keyring.clock());
    return this.parts.keks.status();
  }

  /** @throws AppError `UNAUTHENTICATED`, `FORBIDDEN`, `GRANT_CONSUMED`, and what {@link ManageKeks.rotate} does */
  async rotate(request: RotateKekRequest): Promise<RotateKekReply> {
    const by = await this.proven(request, 'kek.rotate');
    return { primary: await this.parts.keks.rotate(by, request.arguments.primary) };
  }

  /** @throws AppError as above, and what {@link ManageKeks.rewrap} does */
  async rewrap(request: RewrapRequest): Promise<RewrapReply> {
    const by = await this.proven(request, 'kek.rewrap');
    return this.parts.keks.rewrap(by, request.arguments.rowsPerSecond);
  }

  /** @throws AppError as above, and what {@link ManageKeks.retire} does */
  async retire(request: RetireKekRequest): Promise<RetireKekReply> {
    const by = await this.proven(request, 'kek.retire');
    await this.parts.keks.retire(by, request.arguments.kekId);
    return { retired: request.arguments.kekId };
  }

  private async proven<Arguments extends JsonValue>(
    change: PresentedChange<Arguments>,
    operation: KekOperation,
  ): Promise<RequestedBy> {
    const { proofs, keyring, transactions } = this.parts;
    const { grant, receipt } = proofs.verifyChange(change, operation, keyring.clock());
    await transactions.run(grant.org, (manager) => consumeGrant(manager, grant));
    const { org, kind, sub, call } = grant;
    return { org, kind, sub, call, intent: receipt.recordId };
  }
}
