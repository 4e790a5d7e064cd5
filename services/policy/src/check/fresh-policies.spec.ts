import { describe, expect, it } from '@jest/globals';
import { AppError, newId } from '@portcullis/contracts';
import { initialState, Snapshot } from '@portcullis/policy-engine';
import type { PolicyView } from '../replica/organisation-replica.js';
import { FreshPolicies } from './fresh-policies.js';

const ORG = newId();
const TIME = '2026-01-02T03:04:05.678Z';

/** A replica at some revision, which a reading of the store may change. */
class Replica {
  readings = 0;
  view_: PolicyView = at(3);

  constructor(private readonly read: (replica: Replica) => Promise<void> = () => Promise.resolve()) {}

  view = (): PolicyView => this.view_;
  catchUp = (): Promise<void> => {
    this.readings += 1;
    return this.read(this);
  };
}

const at = (revision: number, broken: string | null = null): PolicyView => ({
  snapshot: new Snapshot({ ...initialState, org: ORG }, revision),
  broken,
});
const fresh = (replica: Replica) => new FreshPolicies(replica, () => new Date(TIME));

describe('a policy of at least some revision', () => {
  it('is the one at hand where that suffices, at once and without reading', () => {
    const replica = new Replica();
    for (const revision of [undefined, 0, 3]) {
      expect(fresh(replica).atLeast(ORG, revision)).toEqual({ view: replica.view_, time: TIME });
    }
    expect(replica.readings).toBe(0);
  });

  it('is awaited, with one reading for all who wait', async () => {
    const replica = new Replica(async (self) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      self.view_ = at(5);
    });
    const policies = fresh(replica);
    const moments = await Promise.all([policies.atLeast(ORG, 4), policies.atLeast(ORG, 5)]);
    expect(moments.map(({ view }) => view.snapshot.revision)).toEqual([5, 5]);
    expect(replica.readings).toBe(1);
  });

  it('may come by the subscription while the store can not be read', async () => {
    const replica = new Replica(() => Promise.reject(new AppError('UNAVAILABLE', 'away')));
    const waiting = fresh(replica).atLeast(ORG, 4);
    replica.view_ = at(4);
    expect((await waiting).view.snapshot.revision).toBe(4);
  });

  it('is STALE when it does not come', async () => {
    await expect(fresh(new Replica()).atLeast(ORG, 4)).rejects.toMatchObject({
      code: 'STALE',
      details: { revision: 3, atLeastRevision: 4 },
    });
  });

  it('is not awaited where the policy can not be verified, which denies at any revision', () => {
    const replica = new Replica();
    replica.view_ = at(3, 'a fact is missing');
    expect(fresh(replica).atLeast(ORG, 9)).toMatchObject({ view: { broken: 'a fact is missing' } });
  });

  it('is not given by a replica that stops following the store while it waits', async () => {
    const replica = new Replica();
    const waiting = fresh(replica).atLeast(ORG, 4);
    replica.view = () => {
      throw new AppError('UNAVAILABLE', 'not caught up');
    };
    await expect(waiting).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
