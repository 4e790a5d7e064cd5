import type { PolicyState } from '@portcullis/policy-engine';
import type { LoadedPolicy } from '../replica/fact-reader.js';

/** Members, tools, rules and so on of all policies that are kept: some tens of megabytes. */
const MAX_WEIGHT = 200_000;

interface Kept {
  org: string;
  policy: LoadedPolicy;
  weight: number;
}

/**
 * Past policies that were asked for lately, the least lately used dropped first when they weigh too much. A policy of a
 * revision never changes, so nothing has to be invalidated.
 */
export class PastPolicies {
  readonly #kept = new Map<string, Kept>();
  #weight = 0;

  constructor(private readonly maxWeight = MAX_WEIGHT) {}

  /** The latest that is kept of an organisation and not after the moment. */
  latest(org: string, notAfter: (policy: LoadedPolicy) => boolean): LoadedPolicy | undefined {
    let best: Kept | undefined;
    for (const kept of this.#kept.values()) {
      const later = best === undefined || kept.policy.revision > best.policy.revision;
      if (kept.org === org && later && notAfter(kept.policy)) best = kept;
    }
    if (best !== undefined) this.keep(org, best.policy);
    return best?.policy;
  }

  keep(org: string, policy: LoadedPolicy): void {
    const key = `${org}@${policy.revision}`;
    this.#drop(key);
    const weight = weightOf(policy.state);
    if (weight > this.maxWeight) return;
    this.#kept.set(key, { org, policy, weight });
    this.#weight += weight;
    for (const oldest of this.#kept.keys()) {
      if (this.#weight <= this.maxWeight) break;
      this.#drop(oldest);
    }
  }

  get weight(): number {
    return this.#weight;
  }

  #drop(key: string): void {
    this.#weight -= this.#kept.get(key)?.weight ?? 0;
    this.#kept.delete(key);
  }
}

/** Entries of every map and set that a state is made of, however they nest. */
export function weightOf(state: PolicyState): number {
  let weight = 1;
  const open: unknown[] = Object.values(state);
  while (open.length > 0) {
    const value = open.pop();
    if (value instanceof Map || value instanceof Set) {
      weight += value.size;
      open.push(...value.values());
    } else if (Array.isArray(value)) open.push(...(value as unknown[]));
    else if (typeof value === 'object' && value !== null) open.push(...Object.values(value));
  }
  return weight;
}
