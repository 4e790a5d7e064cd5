import { deterministicId, type FactEntry } from '@portcullis/contracts';

type FactOf = Pick<FactEntry, 'org' | 'action' | 'actor' | 'target' | 'data'>;

/**
 * A fact of the vault for the audit log: ids, slot, version, destination; never a value, a last-4 or key material.
 * The record id is made of `identity`, so however often the fact is sent it is one record.
 */
export function fact(fields: FactOf, identity: readonly string[], occurredAt: Date): FactEntry {
  return {
    kind: 'fact',
    recordId: factId(fields.org, fields.action, identity),
    ...fields,
    occurredAt: occurredAt.toISOString(),
    sealed: [],
  };
}

/** The record id of a fact: anybody who knows what it would be about can ask whether it is recorded. */
export const factId = (org: string, action: string, identity: readonly string[]): string =>
  deterministicId('vault', org, action, ...identity);
