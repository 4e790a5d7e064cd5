import { verifies } from '../../../tools/verifies.js';
import { crashRounds } from './crash-rounds.js';

/** The long form is `crash.long.ts`. */
it('nothing acknowledged is lost, nothing is stored twice, and subscriptions go on, over 3 times SIGKILL', async () => {
  verifies('C3');
  await crashRounds({ rounds: 3, scavenge: false });
}, 90_000);

it('the same while a scavenge exchanges the file', async () => {
  await crashRounds({ rounds: 2, scavenge: true });
}, 90_000);
