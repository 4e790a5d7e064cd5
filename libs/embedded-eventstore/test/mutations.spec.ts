import { judge } from './mutant.js';
import { MUTATIONS } from './mutations.js';

/** The whole table is in `mutations.long.ts`. */
const SOME = [
  'a repetition at an exact revision is not seen',
  'a recreated stream shows what was deleted',
  'a subscription to $all includes its position',
];

describe('the semantic kit', () => {
  it.each(SOME)(
    'notices that %s',
    async (name) => {
      const mutation = MUTATIONS.find((each) => each.name === name)!;
      expect((await judge(mutation.noticedBy, mutation)).failed).toBeGreaterThan(0);
    },
    60_000,
  );

  it('finds nothing wrong with the node as it is', async () => {
    expect(await judge('a repeated append')).toEqual({ passed: expect.any(Number), failed: 0 });
  }, 60_000);
});
