import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { within } from './within.js';

const unheard: unknown[] = [];
const hear = (reason: unknown): void => void unheard.push(reason);
beforeAll(() => void process.on('unhandledRejection', hear));
afterAll(() => void process.off('unhandledRejection', hear));

const soon = (): number => Date.now() + 20;
const never = new Promise<never>(() => undefined);
const failing = (): Promise<never> =>
  new Promise((_, reject) => setImmediate(() => reject(new Error('too late to matter'))));
/** Two turns: one for the work to reject, one for the process to notice that nobody listened. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('waiting within a deadline', () => {
  it('settles like the work that is in time', async () => {
    await expect(within({ deadline: soon() }, Promise.resolve(7))).resolves.toBe(7);
    await expect(within({ deadline: soon() }, failing())).rejects.toThrow('too late to matter');
  });

  it('ends at the deadline, by the clock and with the error that it is given', async () => {
    await expect(within({ deadline: soon() }, never)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    const given = { deadline: 1010, now: () => 1000, late: () => new Error('mine') };
    await expect(within(given, never)).rejects.toThrow('mine');
  });

  it('ends with the reason of an abort, before and during the wait', async () => {
    const gone = new AbortController();
    const waiting = within({ deadline: soon() + 5000, signal: gone.signal }, never);
    gone.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(within({ deadline: soon(), signal: gone.signal }, never)).rejects.toThrow('gone');
  });

  it('hears what it gave up on, however it gave up: an unheard rejection would end the process', async () => {
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(within({ deadline: soon(), signal: gone }, failing())).rejects.toThrow('gone');
    await expect(within({ deadline: 0, late: () => new Error('late') }, failing())).rejects.toThrow();
    await turns();
    expect(unheard).toEqual([]);
  });
});
