import {
  b64u,
  canonicalBytes,
  deterministicId,
  sha256,
  type ErrorCode,
  type FactEntry,
} from '@portcullis/contracts';
import { type Fact, factCodec, type StoredDocument } from '@portcullis/policy-engine';
import type { StoredEvent } from '@portcullis/eventing';
import { headOf } from '../chain/fact-chain.js';

/** The record of an event is the same however often it is relayed. */
export const recordIdOf = ({ stream, revision }: Pick<StoredEvent, 'stream' | 'revision'>): string =>
  deterministicId('portcullis/v1/policy-fact', stream, String(revision));

/** Texts that people write freely stay in the policy stream: an audit record holds ids, names, counts and digests only. */
const FREE_TEXT = new Set(['description', 'name']);
/** What the record says in places of its own. */
const ENVELOPE = new Set(['org', 'time', 'actor']);

/**
 * What the record says of one field of a fact. A rule is kept whole but for its description; of a document and of a
 * tool's definition the content address stands beside it.
 */
function saidOf([key, value]: [string, unknown]): [string, unknown][] {
  if (ENVELOPE.has(key) || FREE_TEXT.has(key) || key === 'definition') return [];
  if (key === 'document') return [['rules', (value as StoredDocument).rules.length]];
  if (key !== 'rule' || typeof value !== 'object' || value === null) return [[key, value]];
  return [[key, Object.fromEntries(Object.entries(value).filter(([field]) => !FREE_TEXT.has(field)))]];
}

/**
 * A fact of policy as an administrative record of audit. With `head` the record anchors the chain: whoever later takes
 * facts out of the event store, or puts others there, contradicts it.
 */
export function auditEntry(event: StoredEvent): FactEntry {
  const fact = factCodec.decode(event);
  const { org, actor, time } = fact.data;
  return {
    kind: 'fact',
    recordId: recordIdOf(event),
    org,
    action: event.type,
    actor,
    target: targetOf(fact),
    data: {
      ...Object.fromEntries(Object.entries(fact.data).flatMap(saidOf)),
      revision: Number(event.revision),
      head: headOf(event),
    } as FactEntry['data'],
    occurredAt: time,
    sealed: [],
  };
}

/** Where a chain was found broken, and when. */
export type BrokenPlace = Pick<StoredEvent, 'stream' | 'revision' | 'created'>;

/** What the log says when the chain of an organisation is found broken: nothing of the forged fact but its place. */
export function chainBrokenEntry(org: string, event: BrokenPlace): FactEntry {
  return {
    kind: 'fact',
    recordId: deterministicId('portcullis/v1/policy-chain-broken', event.stream, String(event.revision)),
    org,
    action: 'policy.chain_broken',
    actor: { kind: 'system', id: null },
    target: { type: 'stream', id: event.stream },
    data: { revision: Number(event.revision) },
    occurredAt: event.created.toISOString(),
    sealed: [],
  };
}

/**
 * The same entry without what the fact says, for one that audit refuses for good: too large, or its recordId is taken.
 * Whoever can read the policy stream can still prove by the digest which fact it was.
 */
export const digestEntry = (entry: FactEntry, event: StoredEvent, refused: ErrorCode): FactEntry => ({
  ...entry,
  recordId: deterministicId('portcullis/v1/policy-fact-digest', event.stream, String(event.revision)),
  data: {
    revision: Number(event.revision),
    ...('head' in entry.data ? { head: entry.data['head'] } : {}),
    refused,
    digest: b64u(sha256(canonicalBytes(event.data))),
  },
});

type Target = FactEntry['target'];

/** What a fact is about, by the first of these fields that it has. */
const TARGETS: readonly (readonly [field: string, type: string])[] = [
  ['document', 'policy'],
  ['tool', 'tool'],
  ['srv', 'server'],
  ['group', 'group'],
  ['user', 'user'],
  ['rule', 'rule'],
  ['role', 'role'],
  ['client', 'policy-client'],
  ['sid', 'credential'],
];

function targetOf({ data }: Fact): Target {
  const [field, type] = TARGETS.find(([name]) => name in data) ?? ['org', 'organisation'];
  return { type, id: idOf(field, data) };
}

function idOf(field: string, data: Fact['data']): string {
  if ('document' in data) return data.version;
  if ('tool' in data) return `${data.srv}/${data.tool}`;
  if ('rule' in data && typeof data.rule !== 'string') return data.rule.id;
  return (data as unknown as Record<string, string>)[field]!;
}
