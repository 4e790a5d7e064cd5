import {
  verifyToken,
  type Keyring,
  type ListSecretsReply,
  type ListSecretsRequest,
} from '@portcullis/contracts';
import { listStored, metadataOf } from '../storage/stored-secret.js';
import type { TenantTransactions } from '../storage/tenant-transactions.js';

/** Metadata of an organisation's secrets: which there are, where they belong, and their last four characters (H4). */
export class ListSecrets {
  constructor(
    private readonly keyring: Keyring,
    private readonly transactions: TenantTransactions,
    private readonly clock: () => Date,
  ) {}

  /** The organisation is the assertion's, whatever else the request says. @throws AppError `UNAUTHENTICATED` */
  async run({ assertion, srv }: ListSecretsRequest): Promise<ListSecretsReply> {
    const { org } = verifyToken(this.keyring, 'pc-principal+jwt', 'control', assertion, this.clock());
    const secrets = await this.transactions.run(org, (manager) => listStored(manager, org, srv));
    return { secrets: secrets.map(metadataOf) };
  }
}
