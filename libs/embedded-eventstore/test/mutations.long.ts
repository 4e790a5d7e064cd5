import { judge } from './mutant.js';
import { MUTATIONS } from './mutations.js';

describe('the semantic kit and the tests of the scavenge', () => {
  it('find nothing wrong with the node as it is', async () => {
    const { passed, failed } = await judge('');
    expect(failed).toBe(0);
    expect(passed).toBeGreaterThan(100);
  }, 300_000);

  it.each(MUTATIONS)(
    'notice: $name',
    async (mutation) => {
      expect((await judge(mutation.noticedBy, mutation)).failed).toBeGreaterThan(0);
    },
    180_000,
  );

  it('are told of more than 40 broken rules', () => {
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBeGreaterThan(40);
  });
});
