import { describe, expect, it } from '@jest/globals';
import { AppError } from '@portcullis/contracts';
import type { ReadOptions, StoredEvent } from '@portcullis/eventing';
import {
  factCodec,
  initialState,
  policyStream,
  type EngineCommand,
  type Fact,
} from '@portcullis/policy-engine';
import { ADMIN, BASE, MEMBER, NOTES, ORG, run } from '@portcullis/policy-engine/testing';
import { verifies } from '../../../../tools/verifies.js';
import { FactReader } from '../replica/fact-reader.js';
import { PastPolicies } from './past-policies.js';
import { PolicyHistory } from './policy-history.js';

const NOW = new Date('2026-06-01T00:00:00.000Z');
/** Fact n happened in minute n, two facts a minute. */
const timeOf = (index: number): string => new Date(Date.UTC(2026, 0, 1, 0, index >> 1)).toISOString();

const CHANGES: EngineCommand[] = [
  ...BASE,
  { type: 'GrantRole', user: MEMBER, role: 'admin' },
  { type: 'LabelTool', srv: NOTES, tool: 'list_notes', label: 'write' },
  { type: 'RemoveMember', user: MEMBER },
];

function storedFacts(): StoredEvent[] {
  return run(initialState, ...CHANGES).facts.map((fact, index) => ({
    id: String(index),
    stream: policyStream(ORG),
    revision: BigInt(index),
    position: BigInt(index),
    metadata: undefined,
    created: NOW,
    ...factCodec.encode({ ...fact, data: { ...fact.data, time: timeOf(index) } } as Fact),
  }));
}

function history(
  change: { events?: StoredEvent[]; seen?: bigint; unlinked?: bigint; unsigned?: bigint } = {},
) {
  const { events = storedFacts(), seen = -1n, unlinked, unsigned } = change;
  const read: StoredEvent[] = [];
  const store = {
    async *read(stream: string, { from, limit = Infinity }: ReadOptions = {}) {
      for (const event of events) {
        if (event.revision >= (from as bigint) + BigInt(Math.min(limit, 1000))) return;
        if (event.stream !== stream || event.revision < (from as bigint)) continue;
        read.push(event);
        yield event;
      }
    },
  };
  const refuse =
    (forged: bigint | undefined) =>
    ({ revision }: StoredEvent): void => {
      if (revision === forged) throw new AppError('FAILED_PRECONDITION', 'forged');
    };
  const reader = new FactReader(store, refuse(unlinked), refuse(unsigned));
  return { read, at: new PolicyHistory({ reader, verifiedRevision: () => seen, now: () => NOW }) };
}

describe('the policy of a moment', () => {
  verifies('B6');
  const events = storedFacts();
  const last = events.length - 1;

  it('is every fact up to it and none after, by time and by revision, in whatever order it is asked', async () => {
    const { at } = history();
    for (const index of [last, 0, 5, last, 3, 4, 0]) {
      const byRevision = await at.at(ORG, { revision: index });
      expect(byRevision.revision).toBe(index);
      expect(byRevision.state.time).toBe(timeOf(index));
      // Two facts have each time: both of them, or neither, is in force at it.
      const byTime = await at.at(ORG, { time: timeOf(index) });
      expect(byTime.revision).toBe(Math.min(last, index | 1));
    }
    expect((await at.at(ORG, { time: '2026-05-31T00:00:00.000Z' })).revision).toBe(last);
  });

  it('has the members, roles and labels of that moment', async () => {
    const { at } = history();
    const before = (await at.at(ORG, { revision: last - 3 })).state;
    const between = (await at.at(ORG, { revision: last - 1 })).state;
    const after = (await at.at(ORG, { revision: last })).state;
    expect(before.members.get(MEMBER)?.roles).toEqual(new Set());
    expect(before.tools.get(NOTES)?.get('list_notes')?.label).toBe('read');
    expect(between.members.get(MEMBER)?.roles).toEqual(new Set(['admin']));
    expect(between.tools.get(NOTES)?.get('list_notes')?.label).toBe('write');
    expect(after.members.has(MEMBER)).toBe(false);
    expect(after.members.has(ADMIN)).toBe(true);
  });

  it.each<[string, Parameters<PolicyHistory['at']>[1], string]>([
    ['has not come yet', { time: '2026-06-01T00:00:00.001Z' }, 'INVALID_ARGUMENT'],
    ['is a revision that is not there yet', { revision: last + 1 }, 'INVALID_ARGUMENT'],
    ['was before the first fact', { time: '2025-12-31T23:59:59.999Z' }, 'NOT_FOUND'],
  ])('that %s is refused', async (_name, moment, code) => {
    await expect(history().at.at(ORG, moment)).rejects.toMatchObject({ code });
  });

  it('of an organisation without facts is refused', async () => {
    await expect(history({ events: [] }).at.at(ORG, { time: timeOf(0) })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('needs the signature of the fact that it ends with, which covers those before', async () => {
    const { at } = history({ unsigned: 5n });
    await expect(at.at(ORG, { revision: 5 })).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    await expect(at.at(ORG, { time: timeOf(5) })).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect((await at.at(ORG, { revision: 6 })).revision).toBe(6);
  });

  it('believes no fact that does not follow, and what came before it', async () => {
    const { at } = history({ unlinked: 5n });
    await expect(at.at(ORG, { revision: 5 })).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    await expect(at.at(ORG, { revision: last })).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect((await at.at(ORG, { revision: 4 })).revision).toBe(4);
  });

  it('is refused when facts that were seen are gone from the store', async () => {
    const { at } = history({ events: events.slice(0, -2), seen: BigInt(last) });
    await expect(at.at(ORG, { time: '2026-05-01T00:00:00.000Z' })).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      details: { reason: 'chain_broken' },
    });
  });

  it('goes on from a past policy that it knows instead of reading all again', async () => {
    const { at, read } = history();
    await at.at(ORG, { revision: 6 });
    read.length = 0;
    await at.at(ORG, { revision: 7 });
    expect(read.map(({ revision }) => Number(revision))).toEqual([7]);
    read.length = 0;
    await at.at(ORG, { revision: 7 });
    expect(read).toEqual([]);
  });

  it('refuses what would wait behind too many others', async () => {
    const { at } = history();
    const answers = await Promise.allSettled(
      Array.from({ length: 80 }, () => at.at(ORG, { revision: last })),
    );
    const refused = answers.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(14);
    expect(refused[0]).toMatchObject({ reason: { code: 'RATE_LIMITED' } });
    expect((await at.at(ORG, { revision: last })).revision).toBe(last);
  });
});

describe('past policies', () => {
  const policyOf = (revision: number) => {
    const { state } = run(initialState, ...CHANGES);
    return { state, revision: BigInt(revision), last: undefined };
  };

  it('are dropped when they weigh too much, the least lately used first', () => {
    const one = new PastPolicies();
    one.keep(ORG, policyOf(1));
    const past = new PastPolicies(one.weight * 2);
    for (const revision of [1, 2]) past.keep(ORG, policyOf(revision));
    expect(past.latest(ORG, ({ revision }) => revision <= 1n)?.revision).toBe(1n);
    past.keep(ORG, policyOf(3));
    expect(past.weight).toBe(one.weight * 2);
    expect(past.latest(ORG, ({ revision }) => revision === 2n)).toBeUndefined();
    expect(past.latest(ORG, () => true)?.revision).toBe(3n);
    expect(past.latest('another', () => true)).toBeUndefined();
  });

  it('that are too heavy alone are not kept', () => {
    const past = new PastPolicies(1);
    past.keep(ORG, policyOf(1));
    expect(past.weight).toBe(0);
    expect(past.latest(ORG, () => true)).toBeUndefined();
  });
});
