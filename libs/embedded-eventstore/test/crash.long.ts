import { crashRounds } from './crash-rounds.js';

it('nothing acknowledged is lost, nothing is stored twice, and subscriptions go on, over 40 times SIGKILL', async () => {
  await crashRounds({ rounds: 40, scavenge: false });
}, 900_000);

it('the same while scavenges exchange the file, 40 times', async () => {
  await crashRounds({ rounds: 40, scavenge: true });
}, 900_000);
