import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { StoreLease } from './store-lease.js';

/** A store that answers, refuses or is silent. */
class Store {
  mode: 'answers' | 'refuses' | 'silent' = 'answers';
  ping(): Promise<void> {
    if (this.mode === 'answers') return Promise.resolve();
    return this.mode === 'refuses' ? Promise.reject(new Error('away')) : new Promise(() => undefined);
  }
}

describe('the lease on the event store', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is held while the store answers', async () => {
    const lease = new StoreLease(new Store(), Date.now);
    expect(lease.isHeld).toBe(false);
    await lease.start();
    for (let second = 0; second < 60; second += 1) {
      await jest.advanceTimersByTimeAsync(1_000);
      expect(lease.isHeld).toBe(true);
    }
    lease.stop();
    await jest.advanceTimersByTimeAsync(6_000);
    expect(lease.isHeld).toBe(false);
  });

  it.each(['silent', 'refuses'] as const)('ends when the store %s', async (mode) => {
    const store = new Store();
    const lease = new StoreLease(store, Date.now);
    await lease.start();
    store.mode = mode;
    await jest.advanceTimersByTimeAsync(4_900);
    expect(lease.isHeld).toBe(true);
    await jest.advanceTimersByTimeAsync(200);
    expect(lease.isHeld).toBe(false);
    lease.stop();
  });

  it('is held again when the store is back, and not taken when it never was there', async () => {
    const store = new Store();
    const lease = new StoreLease(store, Date.now);
    await lease.start();
    store.mode = 'refuses';
    await jest.advanceTimersByTimeAsync(10_000);
    store.mode = 'answers';
    await jest.advanceTimersByTimeAsync(1_000);
    expect(lease.isHeld).toBe(true);
    lease.stop();
    store.mode = 'refuses';
    await expect(new StoreLease(store, Date.now).start()).rejects.toThrow('away');
  });
});
