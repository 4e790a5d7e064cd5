import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, jest } from '@jest/globals';
import { Convoy } from './convoy.js';

const tick = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

function departures(bounds: { maxItems?: number; maxSize?: number } = {}) {
  const groups: string[][] = [];
  const returns: (() => void)[] = [];
  const convoy = new Convoy<string>({
    send: (group) => {
      groups.push(group);
      return new Promise((resolve) => returns.push(resolve));
    },
    sizeOf: (item) => item.length,
    maxItems: bounds.maxItems ?? 10,
    maxSize: bounds.maxSize ?? 100,
  });
  return { convoy, groups, returns };
}

describe('a convoy', () => {
  it('takes together what is added in one tick', async () => {
    const { convoy, groups } = departures();
    for (const item of ['a', 'b', 'c']) convoy.add(item);
    await tick();
    expect(groups).toEqual([['a', 'b', 'c']]);
  });

  it('holds what follows until the group under way has returned, and takes it in order', async () => {
    const { convoy, groups, returns } = departures();
    convoy.add('a');
    await tick();
    for (const item of ['b', 'c']) {
      convoy.add(item);
      await tick();
    }
    expect(groups).toEqual([['a']]);
    returns[0]?.();
    await tick();
    expect(groups).toEqual([['a'], ['b', 'c']]);
  });

  it('sends a group on behalf of its first item, not of the group that has just returned', async () => {
    const request = new AsyncLocalStorage<string>();
    const behalf: (string | undefined)[] = [];
    const convoy = new Convoy<string>({
      send: async () => {
        behalf.push(request.getStore());
        await tick();
      },
      sizeOf: () => 1,
      maxItems: 10,
      maxSize: 100,
    });
    request.run('first', () => convoy.add('a'));
    await new Promise((resolve) => setImmediate(resolve));
    request.run('second', () => convoy.add('b'));
    request.run('third', () => convoy.add('c'));
    while (behalf.length < 2) await tick();
    expect(behalf).toEqual(['first', 'second']);
  });

  it('waits no longer than 20 ms for an answer that does not come', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    try {
      const { convoy, groups } = departures();
      convoy.add('lost');
      await tick();
      convoy.add('next');
      jest.advanceTimersByTime(19);
      await tick();
      expect(groups).toHaveLength(1);
      jest.advanceTimersByTime(1);
      await tick();
      expect(groups).toEqual([['lost'], ['next']]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('counts a group once, whether it stalls before it returns or not', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    try {
      const { convoy, groups, returns } = departures();
      convoy.add('slow');
      await tick();
      jest.advanceTimersByTime(20);
      returns[0]?.();
      convoy.add('b');
      await tick();
      convoy.add('c');
      await tick();
      expect(groups).toEqual([['slow'], ['b']]);
    } finally {
      jest.useRealTimers();
    }
  });

  it.each([
    ['too many', { maxItems: 2 }, ['a', 'b', 'c'], [['a', 'b'], ['c']]],
    ['too large together', { maxSize: 4 }, ['aaa', 'bb', 'c'], [['aaa'], ['bb', 'c']]],
    ['too large alone', { maxSize: 2 }, ['a', 'bbbb', 'c'], [['a'], ['bbbb'], ['c']]],
  ])('divides what is %s', async (_what, bounds, items, expected) => {
    const { convoy, groups } = departures(bounds);
    for (const item of items) convoy.add(item);
    await tick();
    expect(groups).toEqual(expected);
  });
});
