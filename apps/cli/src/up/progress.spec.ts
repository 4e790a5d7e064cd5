import { createProgress, describeEvent } from './progress.js';

function output(isTTY: boolean) {
  let text = '';
  return { isTTY, write: (part: string) => Boolean((text += part)), text: () => text };
}

describe('progress without a terminal', () => {
  it('writes one plain line per finished step', async () => {
    const out = output(false);
    const progress = createProgress(out);
    await expect(progress.step('vault', async () => 7)).resolves.toBe(7);
    await expect(progress.step('policy', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    progress.note('Stopping');
    expect(out.text()).toMatch(/^ok {4}vault \(\d+\.\d s\)\nfail {2}policy \(\d+\.\d s\)\nStopping\n$/);
  });
});

describe('progress on a terminal', () => {
  it('draws running steps below finished ones and clears what it has drawn', async () => {
    const out = output(true);
    const progress = createProgress(out);
    let finish = (): void => undefined;
    const slow = progress.step('slow', () => new Promise<void>((resolve) => (finish = resolve)));
    await progress.step('quick', async () => undefined);
    expect(out.text()).toMatch(/✔\u001b\[0m quick .*\n. slow /);
    finish();
    await slow;
    // One line had been drawn: it goes up one line and clears before it writes the result.
    expect(out.text()).toMatch(/\u001b\[1F\u001b\[J\u001b\[32m✔\u001b\[0m slow .*\n$/);
  });
});

it.each([
  [
    { kind: 'ended', name: 'gateway', how: 'was ended by SIGKILL', restartInMs: 100 },
    'gateway was ended by SIGKILL; starting it again in 100 ms',
  ],
  [{ kind: 'restarted', name: 'gateway', pid: 7 }, 'gateway is back (process 7)'],
  [
    { kind: 'restart-failed', name: 'gateway', reason: 'gateway ended with code 1', restartInMs: 200 },
    'gateway ended with code 1\ngateway is tried again in 200 ms',
  ],
] as const)('says what happened: %o', (event, line) => {
  expect(describeEvent(event)).toBe(line);
});
