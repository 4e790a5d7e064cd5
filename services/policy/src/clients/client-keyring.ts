import { deriveClientKeys, type ClientKeys, type Secret } from '@portcullis/contracts';
import { organisationKey } from '../keys/organisation-key.js';

/** Keys of clients that are at hand; more are derived again. */
const MAX_KEPT = 10_000;

/**
 * Keys of policy clients, derived from the installation's key when they are first needed and kept: the key that they come
 * from is in memory for as long as they are, and which generation counts is asked of the facts each time.
 */
export class ClientKeyring {
  readonly #kept = new Map<string, ClientKeys>();

  constructor(private readonly root: Secret) {}

  keysOf(org: string, client: string, generation: number): ClientKeys {
    const name = `${org} ${client} ${generation}`;
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const keys = this.#derive(org, client, generation);
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(name, keys);
    return keys;
  }

  #derive(org: string, client: string, generation: number): ClientKeys {
    const key = organisationKey(this.root, 'policy-clients', org);
    try {
      return deriveClientKeys(key, client, generation);
    } finally {
      key.wipe();
    }
  }
}
