import { expect, it } from '@jest/globals';
import { verifies } from '../../../../tools/verifies.js';
import { compareWithCedar } from './decision-agreement.js';

const ORGANISATIONS = 10_000;
const QUESTIONS = 100;

it('a million random calls are decided as Cedar decides them', () => {
  verifies('B8');
  const tally = compareWithCedar(ORGANISATIONS, QUESTIONS);
  const compared = [...tally.values()].reduce((sum, count) => sum + count, 0);
  expect(compared).toBe(ORGANISATIONS * QUESTIONS);
}, 3_600_000);
