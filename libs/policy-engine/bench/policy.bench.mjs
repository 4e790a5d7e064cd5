// Decisions in process, beside those of other engines on the same rules and calls, and what a change costs.
import { changeRows } from './change-rows.mjs';
import { startContender } from './contender.mjs';

const SIZES = [10, 100, 1_000, 10_000];
const OTHERS = ['casl', 'cedar-wasm', 'casbin'];
const NAMES = ['check', 'verdict', ...OTHERS];

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const label = (size) => `${size.toLocaleString('en-GB')} rules`;

export default async function policy(run) {
  const rows = [];
  const p99 = [];
  for (const size of SIZES) {
    run.say(`policy: ${label(size)}`);
    const measured = await race(run, size);
    rows.push(...decisionRows(size, measured));
    p99.push(measured.check.p99Micros);
  }
  rows.push({
    metric: `check: p99 with ${label(SIZES.at(-1))} / with ${label(SIZES[0])}`,
    value: p99.at(-1),
    unit: 'µs',
    baseline: p99[0],
    goal: 'flat',
  });
  for (const size of SIZES) {
    run.say(`policy: changes with ${label(size)}`);
    rows.push(...changeRows(run, size));
  }
  return rows;
}

async function race(run, size) {
  const contenders = [];
  try {
    for (const name of NAMES) contenders.push(await startContender(name, size));
    await requireAgreement(contenders);
    return await measureByTurns(run, contenders);
  } finally {
    for (const contender of contenders) contender.stop();
  }
}

/** Who decides differently is not compared. */
async function requireAgreement(contenders) {
  const [wanted, ...decisions] = await Promise.all(contenders.map((it) => it.ask('decisions')));
  decisions.forEach((others, at) => {
    const call = others.findIndex((decision, n) => decision !== wanted[n]);
    if (call >= 0) throw new Error(`${contenders[at + 1].name} decides call ${call * 10} differently`);
  });
}

/** All of them take turns, so that other work on the machine meets them alike; medians of the rounds. */
async function measureByTurns(run, contenders) {
  const rounds = run.quick ? 3 : 7;
  const seconds = run.quick ? 0.2 : 0.5;
  const results = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, ask } of contenders) {
      results[name].push(await ask('measure', { seconds, warmupSeconds: round === 0 ? 0.5 : 0.05 }));
    }
  }
  return Object.fromEntries(Object.entries(results).map(([name, list]) => [name, mediansOf(list)]));
}

const mediansOf = (rounds) => ({
  p50Micros: median(rounds.map((it) => it.p50Micros)),
  p99Micros: median(rounds.map((it) => it.p99Micros)),
  perSecond: median(rounds.map((it) => it.perSecond)),
  cpuMicros: median(rounds.map((it) => it.cpuMicros)),
  rounds,
});

function decisionRows(size, measured) {
  const { check, verdict } = measured;
  const ratio = (name, figure) =>
    median(check.rounds.map((it, n) => it[figure] / measured[name].rounds[n][figure]));
  const row = (metric, value, more = {}) => ({
    metric: `${label(size)}: ${metric}`,
    value,
    unit: 'µs',
    ...more,
  });
  return [
    row('check, p50', check.p50Micros),
    row('check, p99', check.p99Micros, { goal: size === SIZES.at(-1) ? '< 50 µs' : null }),
    row('verdict alone, p50', verdict.p50Micros),
    row('verdict alone, p99', verdict.p99Micros),
    ...OTHERS.flatMap((name) => [
      row(`${name}, p50`, measured[name].p50Micros),
      row(`${name}, p99`, measured[name].p99Micros),
      row(`decisions a second, check / ${name}`, check.perSecond, {
        unit: '1/s',
        baseline: measured[name].perSecond,
        ratio: ratio(name, 'perSecond'),
      }),
      row(`processor time, check / ${name}`, check.cpuMicros, {
        baseline: measured[name].cpuMicros,
        ratio: ratio(name, 'cpuMicros'),
      }),
    ]),
  ];
}
