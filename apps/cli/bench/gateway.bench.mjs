// One tools/call from the same load to the same upstream, by turns: directly, through a proxy that forwards bytes, through
// a do-nothing proxy made of the official SDK, and through Portcullis (key, policy, audit before effect with fsync) with
// a credential opened for the call and without one. Figures are the medians of the rounds.
import { setTimeout as delay } from 'node:timers/promises';
import { DELAY_MS, startContenders } from './contenders.mjs';
import { memoryRows, settingRows } from './gateway-rows.mjs';
import { cpuOf, cpuPerCall, memoryOf } from './processes.mjs';

const INSTANT = { upstream: 'instant', called: 'instant upstream' };
const SLOW = { upstream: 'slow', called: `upstream of ${DELAY_MS} ms` };
const AT_16 = { ...INSTANT, concurrency: 16 };

const FULL = {
  settings: [
    { ...INSTANT, concurrency: 1 },
    AT_16,
    { ...INSTANT, concurrency: 64 },
    { ...SLOW, concurrency: 16 },
    { ...SLOW, concurrency: 64 },
  ],
  rounds: 3,
  seconds: 1.5,
  // Fresh processes run slowly until their code is compiled, which takes them some thousand calls.
  warmUpSeconds: 8,
};
const QUICK = { settings: [AT_16], rounds: 3, seconds: 0.8, warmUpSeconds: 2.5 };

/** Connections that are opened when the number in flight changes are not measured. */
const RUN_IN_SECONDS = 0.2;
/** What is recorded behind the answers is work of these calls, and not to be done while others are measured. */
const SETTLE_MS = 150;

export default async function gateway(run) {
  const plan = run.quick ? QUICK : FULL;
  const { contenders, load, close } = await startContenders(run.say);
  try {
    run.say('gateway: warming up');
    for (const contender of Object.values(contenders)) {
      await calls(load, contender, { ...AT_16, seconds: plan.warmUpSeconds });
    }
    const rows = [];
    for (const setting of plan.settings) {
      rows.push(...settingRows(setting, await roundsOf(run, { plan, setting, contenders, load })));
    }
    return [...rows, ...memoryRows(contenders, memoryOf)];
  } finally {
    await close();
  }
}

/** Figures of each round, by contender. */
async function roundsOf(run, { plan, setting, contenders, load }) {
  const rounds = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const [name, contender] of Object.entries(contenders)) {
      const figures = await measured(load, contender, { ...setting, seconds: plan.seconds });
      rounds[name].push(figures);
      run.say(progress({ ...setting, round, name }, figures));
    }
  }
  return rounds;
}

async function measured(load, contender, setting) {
  await calls(load, contender, { ...setting, seconds: RUN_IN_SECONDS });
  await delay(SETTLE_MS);
  const before = cpuOf(contender.pids);
  const { count, perSecond, p50Micros, p99Micros } = await calls(load, contender, setting);
  await delay(SETTLE_MS);
  const cpu = cpuPerCall(before, cpuOf(contender.pids), count);
  return { rate: perSecond, p50: p50Micros / 1000, p99: p99Micros / 1000, cpu };
}

const calls = (load, { urls, credential }, { upstream, seconds, concurrency }) =>
  load.ask({ url: urls[upstream], credential, seconds, concurrency });

const progress = ({ called, concurrency, round, name }, { rate, p50, p99 }) =>
  `gateway: ${called}, ${concurrency} in flight, round ${round}, ${name}: ` +
  `${rate.toFixed(0)} calls/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
