import { summarise } from './read-replicas.js';

const [A, B] = ['01AAA000000000000000000001', '01AAA000000000000000000002'] as const;
const answer = (replica: string, revision = 7, policyDigest = 'd7') => ({ replica, revision, policyDigest });
const silent = (replica: string) => ({ replica, revision: null, policyDigest: null });

describe('replicas of policy', () => {
  it.each([
    ['agree', [A, B], [answer(B), answer(A)], [answer(A), answer(B)], true],
    ['are at different revisions', [A, B], [answer(A), answer(B, 8)], [answer(A), answer(B, 8)], false],
    [
      'decide on different policies',
      [A, B],
      [answer(A), answer(B, 7, 'x')],
      [answer(A), answer(B, 7, 'x')],
      false,
    ],
    ['are silent', [A, B], [answer(A)], [answer(A), silent(B)], false],
    ['are all silent', [A], [], [silent(A)], false],
    ['answer without a lease', [A], [answer(A), answer(B)], [answer(A), answer(B)], true],
    ['are none', [], [], [], false],
    ['answer twice', [A], [answer(A), answer(A, 8)], [answer(A, 8)], true],
  ])('that %s', (...[, live, answers, replicas, agree]) => {
    expect(summarise(live, answers)).toEqual({ replicas, agree });
  });
});
