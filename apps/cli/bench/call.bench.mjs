// One tools/call of a client of 2025-11-25 through the whole system (key, policy, audit before effect with fsync, and
// for notes a credential opened for the call), beside the same call to the same unmodified server without Portcullis.
// The two take turns on the same machine; figures are the medians of the rounds.
import { cpuOf, cpuPerCall } from './cpu.mjs';
import { echoDirectly, echoThrough, notesDirectly, notesThrough } from './contenders.mjs';
import { portcullis } from './portcullis.mjs';

const ROUNDS = 3;
const ROUND = { seconds: 1.5, warmupSeconds: 0.3 };
const IN_FLIGHT = [1, 16];
/** Fresh processes run slowly until their code is compiled, which takes them some thousand calls. */
const WARM_UP = { seconds: 8, warmupSeconds: 0, concurrency: 16 };
const SECONDS_OF_SECOND_START = 15;
const ADDED_MS = 4;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

export default async function call(run) {
  const installation = portcullis();
  const open = [];
  try {
    run.say('call: first start');
    const first = await installation.start();
    await installation.stop();
    run.say('call: second start');
    const second = await installation.start();
    for (const contender of [echoDirectly, echoThrough, notesDirectly, notesThrough])
      open.push(await contender(installation));
    run.say('call: warming up');
    for (const contender of open) await run.measure(contender.call, WARM_UP);
    const rows = [];
    for (const inFlight of IN_FLIGHT) rows.push(...(await calls(run, installation, { open, inFlight })));
    return [...rows, ...starts(first, second)];
  } finally {
    for (const contender of open) contender.close();
    await installation.remove();
  }
}

const starts = (first, second) => [
  { metric: 'first start of portcullis up', value: first, unit: 's' },
  {
    metric: 'second start / first start',
    value: second,
    unit: 's',
    baseline: first,
    goal: `< ${SECONDS_OF_SECOND_START} s`,
  },
];

async function calls(run, installation, { open, inFlight }) {
  const rounds = open.map(() => []);
  for (let round = 1; round <= ROUNDS; round += 1) {
    run.say(`call: ${inFlight} in flight, round ${round} of ${ROUNDS}`);
    for (const [index, contender] of open.entries())
      rounds[index].push(await measured(run, installation, { contender, inFlight }));
  }
  const [echo, governedEcho, notes, governedNotes] = rounds;
  const when = `${inFlight} in flight`;
  return [
    ...compared(`echo, ${when}`, governedEcho, echo, inFlight),
    ...compared(`list_notes with a credential, ${when}`, governedNotes, notes, inFlight),
    ...cpuRows(`echo, ${when}`, governedEcho, echo),
    ...cpuRows(`list_notes with a credential, ${when}`, governedNotes, notes),
    ...(inFlight === 1 ? [] : cpuByProcess(`list_notes with a credential, ${when}`, governedNotes)),
  ];
}

async function measured(run, installation, { contender, inFlight }) {
  await run.measure(contender.call, {
    seconds: ROUND.warmupSeconds,
    warmupSeconds: 0,
    concurrency: inFlight,
  });
  const pids = { ...installation.pids(), ...contender.pids };
  const before = cpuOf(pids);
  const result = await run.measure(contender.call, { ...ROUND, warmupSeconds: 0, concurrency: inFlight });
  return {
    rate: result.perSecond,
    p50: result.p50Micros / 1000,
    p99: result.p99Micros / 1000,
    cpu: cpuPerCall(before, cpuOf(pids), result.count),
  };
}

function compared(what, ours, direct, inFlight) {
  const added = median(ours.map((round, index) => round.p50 - direct[index].p50));
  const goal = inFlight === 1 ? `≤ ${ADDED_MS} ms` : null;
  return [
    row(`${what}: through / direct`, 'calls/s', (round) => round.rate, ours, direct),
    row(`${what}: p50, through / direct`, 'ms', (round) => round.p50, ours, direct),
    row(`${what}: p99, through / direct`, 'ms', (round) => round.p99, ours, direct),
    { metric: `${what}: added p50`, value: added, unit: 'ms', goal },
  ];
}

// eslint-disable-next-line max-params -- a row has a name, a unit, a figure and two sides
function row(metric, unit, figure, ours, direct) {
  const [values, baselines] = [ours, direct].map((rounds) => rounds.map(figure));
  const ratio = median(values.map((value, index) => value / baselines[index]));
  return { metric, value: median(values), unit, baseline: median(baselines), ratio };
}

/** Processor time of all processes: says more than a rate does when others use the machine too. */
function cpuRows(what, ours, direct) {
  const total = ({ cpu }) => Object.values(cpu).reduce((sum, each) => sum + each, 0);
  const known = direct.every((round) => total(round) > 0);
  return known ? [row(`${what}: CPU a call, through / direct`, 'ms', total, ours, direct)] : [];
}

/** What is recorded behind the answers counts too. */
function cpuByProcess(what, rounds) {
  return Object.keys(rounds[0].cpu)
    .map((name) => ({ name, value: median(rounds.map(({ cpu }) => cpu[name])) }))
    .filter(({ value }) => value >= 0.005)
    .sort((a, b) => b.value - a.value)
    .map(({ name, value }) => ({ metric: `${what}: CPU a call, ${name}`, value, unit: 'ms' }));
}
