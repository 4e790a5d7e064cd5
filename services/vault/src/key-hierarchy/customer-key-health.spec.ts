import { AppError, newId } from '@portcullis/contracts';
import type { KeyProvider, KeyVersionStatus } from '../ports/key-provider.js';
import { CustomerKeyHealth } from './customer-key-health.js';

type State = 'opens' | 'disabled' | 'away' | 'hangs';

function keyOf(reference: string) {
  const key = { state: 'opens' as State, asked: 0, release: (): void => undefined };
  const describe = async (): Promise<readonly KeyVersionStatus[]> => {
    key.asked += 1;
    if (key.state === 'hangs') await new Promise<void>((resolve) => (key.release = resolve));
    if (key.state === 'away') throw new AppError('KEY_UNAVAILABLE', 'away');
    return [{ kekId: reference, seals: true, opens: key.state === 'opens' }];
  };
  const provider = { reference, describe } as Partial<KeyProvider> as KeyProvider;
  return { key, customer: { org: newId(), provider, seals: true } };
}

describe('the health of customers’ keys', () => {
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('names those that are away by the last look, and sees when they are back', async () => {
    let now = 0;
    const [a, b, c] = [keyOf('aws:a'), keyOf('aws:b'), keyOf('aws:c')];
    const health = new CustomerKeyHealth(
      [a, b, c].map(({ customer }) => customer),
      () => now,
    );
    a.key.state = 'away';
    c.key.state = 'disabled';
    await health.check();
    await settled();
    await expect(health.check()).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      message: '2 of 3 keys of customers can not be used: aws:a, aws:c',
    });
    expect(b.key.asked).toBe(1);
    a.key.state = c.key.state = 'opens';
    now = 5_000;
    await expect(health.check()).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
    await settled();
    await health.check();
    now = 34_999;
    await health.check();
    expect(b.key.asked).toBe(2);
    now = 35_000;
    await health.check();
    expect(b.key.asked).toBe(3);
  });

  it('waits for none that hangs, and does not ask it again meanwhile', async () => {
    let now = 0;
    const { key, customer } = keyOf('vault:slow');
    const health = new CustomerKeyHealth([customer], () => now);
    key.state = 'hangs';
    for (now = 0; now < 200_000; now += 50_000) {
      await health.check();
      await settled();
    }
    expect(key.asked).toBe(1);
    key.release();
  });
});
