import { AppError } from '@portcullis/contracts';
import type {
  KeyProvider,
  KeyVersionStatus,
  OwnerKeyContext,
  WrappedOwnerKey,
} from '../ports/key-provider.js';
import { parseKekId } from './kek-id.js';
import type { KeyProviders } from './key-providers.js';
import { rewrapHere } from './rewrap-here.js';

/** A key-encryption key that an organisation has brought: its owner keys are wrapped by it, and nobody else's. */
export interface CustomerKey {
  readonly org: string;
  readonly provider: KeyProvider;
  /** It wraps what is new, and what is there is moved to it. Otherwise it opens what it once wrapped. */
  readonly seals: boolean;
}

/** A key with what it may do now, and of which organisation it is: null for the installation's. */
export interface KeyState extends KeyVersionStatus {
  readonly organisation: string | null;
  /** Why a customer's service does not say what its key may do. */
  readonly problem: string | null;
}

export interface CustomerTarget {
  /** The key without its version where its service does not say which version seals: no owner key has that id. */
  readonly kekId: string;
  readonly problem: string | null;
}

/** By which key everything is to be wrapped. */
export interface Targets {
  readonly installation: string;
  /** By organisation: of those that have a key of their own which seals. */
  readonly customers: ReadonlyMap<string, CustomerTarget>;
}

/**
 * The keys of the installation and those of its customers. An organisation's owner keys are sealed by its own key if it has
 * one that seals, and by nothing else: while that is away nothing is sealed for it. A customer's key is never asked on behalf
 * of another organisation, whatever a row says. What a customer's service does not do is AppError `KEY_UNAVAILABLE` with
 * `details.organisation`: a failure of this organisation only.
 */
export class OrganisationKeys {
  private readonly byReference: ReadonlyMap<string, CustomerKey>;
  private readonly sealing: ReadonlyMap<string, CustomerKey>;

  /** @throws AppError `INVALID_ARGUMENT` when two keys have one id, or two seal for one organisation */
  constructor(
    private readonly installation: KeyProviders,
    customers: readonly CustomerKey[] = [],
  ) {
    const sealing = customers.filter(({ seals }) => seals);
    this.byReference = new Map(customers.map((key) => [key.provider.reference, key]));
    this.sealing = new Map(sealing.map((key) => [key.org, key]));
    const taken = customers.some(({ provider }) => installation.references.includes(provider.reference));
    if (taken || this.byReference.size !== customers.length)
      throw new AppError('INVALID_ARGUMENT', 'Two key-encryption keys have the same id.');
    if (this.sealing.size !== sealing.length)
      throw new AppError('INVALID_ARGUMENT', 'Two key-encryption keys seal for the same organisation.');
  }

  /** The installation's key that seals, without its version. */
  get reference(): string {
    return this.installation.reference;
  }

  /** As {@link KeyProvider.primary}, of the installation. */
  primary(): Promise<string> {
    return this.installation.primary();
  }

  /** Of this organisation: its own, or the installation's. */
  async primaryOf(org: string): Promise<string> {
    const own = this.sealing.get(org);
    return own === undefined ? this.primary() : asked(own, (provider) => provider.primary());
  }

  /** @throws AppError `KEY_UNAVAILABLE` of the installation's key. A customer's that is away has a problem here. */
  async targets(): Promise<Targets> {
    const [installation, customers] = await Promise.all([
      this.primary(),
      Promise.all([...this.sealing.values()].map(targetOf)),
    ]);
    return { installation, customers: new Map(customers) };
  }

  async wrap(key: Uint8Array, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    const own = this.sealing.get(context.org);
    if (own === undefined) return this.installation.wrap(key, context);
    return asked(own, (provider) => provider.wrap(key, context));
  }

  async unwrap(wrapped: WrappedOwnerKey, context: OwnerKeyContext): Promise<Buffer> {
    const own = this.openerOf(wrapped.kekId, context.org);
    if (own === null) return this.installation.unwrap(wrapped, context);
    return asked(own, (provider) => provider.unwrap(wrapped, context));
  }

  /** The same owner key under the key that seals for its organisation, whichever wrapped it before. */
  async rewrap(wrapped: WrappedOwnerKey, context: OwnerKeyContext): Promise<WrappedOwnerKey> {
    const from = this.openerOf(wrapped.kekId, context.org);
    const to = this.sealing.get(context.org) ?? null;
    if (from === to)
      return to === null
        ? this.installation.rewrap(wrapped, context)
        : asked(to, (provider) => provider.rewrap(wrapped, context));
    return rewrapHere({ from: this, to: this }, wrapped, context);
  }

  /** As {@link KeyProvider.describe}. A customer's service that is away is one line with its problem. */
  async describe(): Promise<readonly KeyState[]> {
    const [installation, customers] = await Promise.all([
      this.installation.describe(),
      Promise.all([...this.byReference.values()].map(statesOf)),
    ]);
    const ours = installation.map((key) => ({ ...key, organisation: null, problem: null }));
    return [...ours, ...customers.flat()];
  }

  /** Whose key this is; null for the installation's and for one that is not configured. */
  organisationOf(kekId: string): string | null {
    return this.byReference.get(parseKekId(kekId)?.reference ?? '')?.org ?? null;
  }

  async close(): Promise<void> {
    const customers = [...this.byReference.values()].map(({ provider }) => provider.close());
    await Promise.all([this.installation.close(), ...customers]);
  }

  /** The customer's key that opens it, null for the installation's. */
  private openerOf(kekId: string, org: string): CustomerKey | null {
    const reference = parseKekId(kekId)?.reference ?? '';
    if (this.installation.references.includes(reference)) return null;
    const own = this.byReference.get(reference);
    if (own === undefined)
      throw refusal(org, {
        kekId,
        reason: 'not_configured',
        words: `The key-encryption key "${kekId}" is not configured.`,
      });
    // The service would refuse it too, by the context; but it is not asked, and no bytes go there.
    if (own.org !== org)
      throw refusal(org, {
        kekId,
        reason: 'other_organisation',
        words: `The key-encryption key "${kekId}" belongs to another organisation.`,
      });
    return own;
  }
}

async function asked<T>(
  { org, provider }: CustomerKey,
  work: (provider: KeyProvider) => Promise<T>,
): Promise<T> {
  try {
    return await work(provider);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'KEY_UNAVAILABLE') throw error;
    throw new AppError('KEY_UNAVAILABLE', `${error.message} It is the organisation's own key.`, {
      details: { ...error.details, organisation: org },
      cause: error,
    });
  }
}

async function targetOf(key: CustomerKey): Promise<[string, CustomerTarget]> {
  try {
    return [key.org, { kekId: await key.provider.primary(), problem: null }];
  } catch (error) {
    return [key.org, { kekId: key.provider.reference, problem: problemOf(error) }];
  }
}

async function statesOf({ org, provider, seals }: CustomerKey): Promise<KeyState[]> {
  try {
    const versions = await provider.describe();
    return versions.map((key) => ({ ...key, seals: seals && key.seals, organisation: org, problem: null }));
  } catch (error) {
    const nothing = { kekId: provider.reference, seals: false, opens: false };
    return [{ ...nothing, organisation: org, problem: problemOf(error) }];
  }
}

const problemOf = (error: unknown): string =>
  error instanceof AppError ? error.message : 'Its service could not be asked: see the log.';

interface Refusal {
  readonly kekId: string;
  readonly reason: 'not_configured' | 'other_organisation';
  readonly words: string;
}

const refusal = (organisation: string, { kekId, reason, words }: Refusal): AppError =>
  new AppError('KEY_UNAVAILABLE', words, { details: { kekId, reason, organisation } });
