import { describe, expect, it } from '@jest/globals';
import { Turns } from './turns.js';

/** Work that ends when told to. */
function controlled() {
  const ends: (() => void)[] = [];
  const work = (): Promise<void> => new Promise((resolve) => ends.push(resolve));
  return { ends, work };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Turns', () => {
  it('runs so many at once, lets so many wait, and refuses the rest', async () => {
    const turns = new Turns({ running: 2, waiting: 1, refusal: 'busy' });
    const { ends, work } = controlled();
    const taken = [turns.take(work), turns.take(work), turns.take(work)];
    await expect(turns.take(work)).rejects.toMatchObject({ code: 'RATE_LIMITED', message: 'busy' });
    await settled();
    expect(ends).toHaveLength(2);
    ends[0]?.();
    await settled();
    expect(ends).toHaveLength(3);
    ends[1]?.();
    ends[2]?.();
    await Promise.all(taken);
    expect(turns.isIdle).toBe(true);
  });

  it('passes a turn on when work fails', async () => {
    const turns = new Turns({ running: 1, waiting: 1, refusal: 'busy' });
    const failing = turns.take(() => Promise.reject(new Error('broken')));
    const next = turns.take(() => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('broken');
    await expect(next).resolves.toBe('done');
    expect(turns.isIdle).toBe(true);
  });
});
