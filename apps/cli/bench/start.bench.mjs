// How long `portcullis up` takes until it can serve: on an empty directory, and again on what that has left.
import { installation } from './installation.mjs';

const GOAL_SECONDS = 15;

export default async function start(run) {
  const up = installation();
  try {
    run.say('start: first');
    const first = await up.start();
    await up.stop();
    run.say('start: second');
    const second = await up.start();
    return [
      { metric: 'first start of portcullis up', value: first.seconds, unit: 's' },
      {
        metric: 'second start / first start',
        value: second.seconds,
        unit: 's',
        baseline: first.seconds,
        goal: `< ${GOAL_SECONDS} s`,
      },
    ];
  } finally {
    await up.remove();
  }
}
