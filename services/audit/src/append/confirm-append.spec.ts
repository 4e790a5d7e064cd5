import { AppError } from '@portcullis/contracts';
import { confirmAppend } from './confirm-append.js';

const DEADLINE = 1_000;
const events = [{ id: 'e-1', type: 't', data: { recordId: 'r-1' } }];

/** A store that never says whether it stored anything, and holds nothing; `looked` is called when it is read. */
function silentStore(looked: () => void) {
  const store = {
    appends: 0,
    append: async () => {
      store.appends += 1;
      throw new AppError('UNAVAILABLE', 'unknown');
    },
    // eslint-disable-next-line require-yield -- there is nothing to find
    read: async function* () {
      looked();
    },
  };
  return store;
}

const confirm = (store: ReturnType<typeof silentStore>, now: () => number) =>
  confirmAppend({ store, stream: 's', events, now, deadline: DEADLINE, lookAfterwards: false });

describe('an append with unknown outcome', () => {
  it('is not sent again once its deadline has passed while looking for it', async () => {
    let time = DEADLINE - 1;
    const store = silentStore(() => (time = DEADLINE));
    await expect(confirm(store, () => time)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(store.appends).toBe(1);
  });

  it('is sent again as long as somebody waits', async () => {
    let time = 0;
    const store = silentStore(() => (time += DEADLINE / 2));
    await expect(confirm(store, () => time)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(store.appends).toBe(2);
  });
});
