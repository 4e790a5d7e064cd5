const DIRECT = 'direct';
const SDK = 'SDK proxy';
const GOVERNED = 'Portcullis with credential';

const FIGURES = [
  { what: 'calls', unit: 'calls/s', of: ({ rate }) => rate },
  { what: 'p50', unit: 'ms', of: ({ p50 }) => p50 },
  { what: 'p99', unit: 'ms', of: ({ p99 }) => p99 },
  // Says more than a rate does when others use the machine too.
  { what: 'CPU a call', unit: 'ms', of: ({ cpu }) => total(cpu) },
];
const [RATE, P50] = FIGURES;

/** Least throughput as a share of the SDK proxy's, by the setting that it is promised for. */
const SHARES = [
  { upstream: 'instant', concurrency: 16, share: 1 },
  { upstream: 'slow', concurrency: 16, share: 0.95 },
];
const ADDED_MS = 4;
/** Processor time below it is not worth a row. */
const LEAST_CPU_MS = 0.005;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const total = (cpu) => Object.values(cpu).reduce((sum, each) => sum + each, 0);

/**
 * Rows of one setting, from the figures of each round by contender: the goals, each figure beside that of the direct call
 * in the same round, and, with more than one call in flight, whose processor time a call takes.
 */
export function settingRows(setting, rounds) {
  const when = `${setting.called}, ${setting.concurrency} in flight`;
  const figures = FIGURES.flatMap(({ what, unit, of }) =>
    Object.entries(rounds)
      .filter(([, own]) => own.every((round) => of(round) > 0))
      .map(([name, own]) => ({
        metric: `${when}: ${what}, ${name}`,
        unit,
        ...beside(own, rounds[DIRECT], of),
      })),
  );
  return [
    ...goals(setting, when, rounds),
    ...figures,
    ...(setting.concurrency === 16 ? byProcess(when, rounds) : []),
  ];
}

function goals({ upstream, concurrency }, when, rounds) {
  const rows = [];
  const { share } =
    SHARES.find((each) => each.upstream === upstream && each.concurrency === concurrency) ?? {};
  if (share !== undefined) {
    const metric = `${when}: calls, ${GOVERNED} / ${SDK}`;
    const compared = beside(rounds[GOVERNED], rounds[SDK], RATE.of);
    rows.push({ metric, unit: RATE.unit, ...compared, goal: `≥ ${share} ×` });
  }
  if (upstream === 'instant' && concurrency === 1) {
    const value = median(rounds[GOVERNED].map((round, index) => round.p50 - rounds[DIRECT][index].p50));
    rows.push({ metric: `${when}: p50 added, ${GOVERNED}`, value, unit: P50.unit, goal: `≤ ${ADDED_MS} ms` });
  }
  return rows;
}

/** Medians, and the median of the ratios within a round. */
function beside(rounds, others, of) {
  const [values, baselines] = [rounds, others].map((each) => each.map(of));
  if (rounds === others) return { value: median(values) };
  const ratio = median(values.map((value, index) => value / baselines[index]));
  return { value: median(values), baseline: median(baselines), ratio };
}

function byProcess(when, rounds) {
  return Object.entries(rounds).flatMap(([contender, own]) =>
    Object.keys(own[0].cpu)
      .map((name) => ({ name, value: median(own.map(({ cpu }) => cpu[name])) }))
      .filter(({ value }) => value >= LEAST_CPU_MS)
      .sort((a, b) => b.value - a.value)
      .map(({ name, value }) => ({
        metric: `${when}: CPU a call, ${contender}: ${name}`,
        value,
        unit: 'ms',
      })),
  );
}

/** Resident memory of every process, once, at the end. */
export function memoryRows(contenders, memoryOf) {
  const pids = Object.assign({}, ...Object.values(contenders).map((each) => each.pids));
  return Object.entries(memoryOf(pids)).map(([name, value]) => ({
    metric: `resident memory at the end: ${name}`,
    value,
    unit: 'MiB',
  }));
}
