import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AppError, VERBS, type RenewLeaseReply, type RenewLeaseRequest } from '@portcullis/contracts';
import { createLogger } from '../logging/logger.js';
import { LEASE_MS } from './lease-term.js';
import { ReplicaLease } from './replica-lease.js';

const silent = createLogger('test', 'silent');
const unavailable = new AppError('UNAVAILABLE', 'Nobody serves control.v1.renewLease at the moment.');

/** What control does with one replica, without control. */
class Coordinator {
  position = 0;
  changed: string[] = [];
  told: number | undefined;
  readonly renewals: RenewLeaseRequest[] = [];
  released = 0;
  /** How control answers instead, or when. */
  instead: (() => Promise<never> | Promise<void>) | undefined;

  change(org: string): void {
    this.position += 1;
    this.changed.push(org);
  }

  readonly caller = {
    call: async (verb: unknown, request: unknown): Promise<never> => {
      if (verb === VERBS.releaseLease) {
        this.released += 1;
        return {} as never;
      }
      await this.instead?.();
      return this.renew(request as RenewLeaseRequest) as never;
    },
  };

  private renew(request: RenewLeaseRequest): RenewLeaseReply {
    this.renewals.push(request);
    const { acknowledged } = request;
    const extended = this.told !== undefined && acknowledged !== null && acknowledged >= this.told;
    this.told = this.position;
    const changed = acknowledged === null ? null : this.changed.slice(acknowledged);
    return { position: this.position, changed, extended };
  }
}

let coordinator: Coordinator;
let applied: (readonly string[] | null)[];
let apply: () => Promise<void>;
let lease: ReplicaLease;

beforeEach(async () => {
  jest.useFakeTimers();
  coordinator = new Coordinator();
  applied = [];
  apply = async () => undefined;
  lease = new ReplicaLease({
    caller: coordinator.caller,
    apply: async (changed) => {
      applied.push(changed);
      await apply();
    },
    logger: silent,
  });
  await lease.start();
});
afterEach(async () => {
  await lease.stop();
  jest.useRealTimers();
});

describe('a replica', () => {
  it('drops everything and acknowledges before it serves', () => {
    expect(applied).toEqual([null]);
    expect(coordinator.renewals.map(({ acknowledged }) => acknowledged)).toEqual([null, 0]);
    expect(lease.isHeld).toBe(true);
  });

  it('renews twice a second and keeps its lease', async () => {
    for (let second = 0; second < 10; second += 1) {
      await jest.advanceTimersByTimeAsync(1000);
      expect(lease.isHeld).toBe(true);
    }
    expect(coordinator.renewals.length).toBeGreaterThanOrEqual(20);
    expect(coordinator.renewals.length).toBeLessThanOrEqual(23);
  });

  it('applies what has changed, and acknowledges it at once', async () => {
    coordinator.change('acme');
    await jest.advanceTimersByTimeAsync(500);
    expect(applied).toEqual([null, ['acme']]);
    expect(coordinator.renewals.at(-1)?.acknowledged).toBe(1);
  });

  it('stops serving two seconds after the last renewal that was answered', async () => {
    coordinator.instead = () => Promise.reject(unavailable);
    await jest.advanceTimersByTimeAsync(LEASE_MS - 1);
    expect(lease.isHeld).toBe(true);
    await jest.advanceTimersByTimeAsync(1);
    expect(lease.isHeld).toBe(false);
    expect(() => lease.requireHeld()).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
    await expect(lease.check.check()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('counts from when it asked, not from when the answer came', async () => {
    coordinator.instead = () => new Promise<void>((resolve) => void setTimeout(resolve, 1900));
    await jest.advanceTimersByTimeAsync(500 + 1900);
    // Extended, but there is only a tenth of a second left of it.
    expect(lease.isHeld).toBe(true);
    await jest.advanceTimersByTimeAsync(100);
    expect(lease.isHeld).toBe(false);
  });

  it('stops serving when its machine was suspended: no timer has run, the monotonic clock stood still', () => {
    jest.setSystemTime(Date.now() + LEASE_MS);
    expect(lease.isHeld).toBe(false);
  });

  it('does not serve for longer while it can not apply what has changed, and does when it can', async () => {
    apply = () => Promise.reject(new Error('the store is silent'));
    coordinator.change('acme');
    await jest.advanceTimersByTimeAsync(500 + LEASE_MS);
    expect(lease.isHeld).toBe(false);
    expect(coordinator.renewals.every(({ acknowledged }) => acknowledged !== 1)).toBe(true);
    apply = async () => undefined;
    await jest.advanceTimersByTimeAsync(200);
    expect(lease.isHeld).toBe(true);
    expect(coordinator.renewals.at(-1)?.acknowledged).toBe(1);
  });

  it('does not starve while everything changes all the time', async () => {
    for (let at = 0; at < 200; at += 1) {
      coordinator.change('acme');
      await jest.advanceTimersByTimeAsync(50);
      expect(lease.isHeld).toBe(true);
    }
  });

  it('gives its lease back when it stops', async () => {
    await lease.stop();
    expect(lease.isHeld).toBe(false);
    expect(coordinator.released).toBe(1);
    const { length } = coordinator.renewals;
    await jest.advanceTimersByTimeAsync(5000);
    expect(coordinator.renewals).toHaveLength(length);
  });
});

describe('a hint', () => {
  it('brings the next renewal forward', async () => {
    await jest.advanceTimersByTimeAsync(100);
    coordinator.change('acme');
    lease.hear();
    await jest.advanceTimersByTimeAsync(0);
    expect(coordinator.renewals.at(-1)?.acknowledged).toBe(1);
  });

  it('that comes while a renewal is under way leads to another one', async () => {
    let answer = (): void => undefined;
    coordinator.instead = () => new Promise<void>((resolve) => void (answer = resolve));
    await jest.advanceTimersByTimeAsync(500);
    const { length } = coordinator.renewals;
    lease.hear();
    coordinator.instead = undefined;
    answer();
    await jest.advanceTimersByTimeAsync(60);
    expect(coordinator.renewals.length).toBe(length + 2);
  });

  it('costs no more than one renewal per fifty milliseconds, however many come', async () => {
    const before = coordinator.renewals.length;
    for (let at = 0; at < 1000; at += 1) {
      for (let count = 0; count < 100; count += 1) lease.hear();
      await jest.advanceTimersByTimeAsync(1);
    }
    expect(coordinator.renewals.length - before).toBeGreaterThan(10);
    expect(coordinator.renewals.length - before).toBeLessThanOrEqual(21);
  });
});

describe('a request that arrives when the lease has lapsed', () => {
  const lapse = async (): Promise<void> => {
    coordinator.instead = () => Promise.reject(unavailable);
    await jest.advanceTimersByTimeAsync(LEASE_MS + 100);
    expect(lease.isHeld).toBe(false);
  };

  it('waits for the next renewal', async () => {
    await lapse();
    const waited = lease.awaitHeld();
    await jest.advanceTimersByTimeAsync(300);
    coordinator.instead = undefined;
    await jest.advanceTimersByTimeAsync(200);
    await waited;
    expect(lease.isHeld).toBe(true);
  });

  it('is not answered with what was found out before the process stood still', async () => {
    const decided = lease.during(() => {
      jest.setSystemTime(Date.now() + LEASE_MS);
      return 'allow';
    });
    await expect(decided).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('waits for a second, and is refused', async () => {
    await lapse();
    const refused = expect(lease.awaitHeld()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await jest.advanceTimersByTimeAsync(1000);
    await refused;
  });
});
