import { describe, expect, it } from '@jest/globals';
import { keptFor } from './kept-for.js';

function setUp(results: (() => Promise<number>)[]) {
  let clock = 0;
  let reads = 0;
  const ask = keptFor(
    1000,
    () => results[reads++]!(),
    () => clock,
  );
  return { ask, reads: () => reads, pass: (ms: number) => void (clock += ms) };
}

describe('what is kept for a while', () => {
  it('is read again only when it is too old', async () => {
    const { ask, reads, pass } = setUp([() => Promise.resolve(1), () => Promise.resolve(2)]);
    expect(await ask()).toBe(1);
    pass(999);
    expect(await ask()).toBe(1);
    pass(1);
    expect(await ask()).toBe(2);
    expect(reads()).toBe(2);
  });

  it('is read once for all who ask meanwhile, however long it takes', async () => {
    let answer: (value: number) => void = () => undefined;
    const { ask, reads, pass } = setUp([() => new Promise((resolve) => (answer = resolve))]);
    const first = ask();
    pass(60_000);
    const second = ask();
    answer(7);
    expect(await Promise.all([first, second])).toEqual([7, 7]);
    expect(reads()).toBe(1);
  });

  it('does not keep a failure', async () => {
    const { ask } = setUp([() => Promise.reject(new Error('away')), () => Promise.resolve(3)]);
    await expect(ask()).rejects.toThrow('away');
    expect(await ask()).toBe(3);
  });
});
