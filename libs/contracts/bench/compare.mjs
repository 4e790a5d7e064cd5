const ROUNDS = 7;
const ROUND_SECONDS = 0.1;
/** One sample takes at least so long, so that reading the clock is no part of it. */
const SAMPLE_MICROS = 100;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * Subject and baseline take turns, so that other work on the machine meets both alike. A row with the median of the
 * rounds: microseconds of one call each, and the ratio within a round.
 */
export async function compare(run, { metric, goal, subject, baseline }) {
  const [ours, theirs] = [await sampler(run, subject), await sampler(run, baseline)];
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1)
    rounds.push({ value: await ours(), baseline: await theirs() });
  return {
    metric,
    unit: 'µs',
    goal,
    value: median(rounds.map(({ value }) => value)),
    baseline: median(rounds.map((each) => each.baseline)),
    ratio: median(rounds.map((each) => each.value / each.baseline)),
  };
}

/** Median microseconds of one call, measured over samples of as many calls as it takes. */
async function sampler(run, operation) {
  const { p50Micros } = await run.measure(operation, { seconds: 0.05, warmupSeconds: 0.15 });
  const times = Math.max(1, Math.ceil(SAMPLE_MICROS / p50Micros));
  const sample =
    operation() instanceof Promise
      ? async () => {
          for (let i = 0; i < times; i += 1) await operation();
        }
      : () => {
          for (let i = 0; i < times; i += 1) operation();
        };
  return async () =>
    (await run.measure(sample, { seconds: ROUND_SECONDS, warmupSeconds: 0.01 })).p50Micros / times;
}
