// `check` over NATS and gRPC, beside an echo that answers the same bytes over the same transport and does nothing.
import { readFileSync } from 'node:fs';
import { PolicyClient, REPLY_HEADER, VERBS } from '@portcullis/contracts';
import { NatsRequester } from '@portcullis/platform';
import { grpcCaller, natsCaller, policyMethods } from './transport/callers.mjs';
import { startEcho } from './transport/echo.mjs';
import { startInstallation } from './transport/installation.mjs';

const IN_FLIGHT = [1, 16, 64];
const ITEMS = 100;
const MS_PER_TICK = 10;
const GOALS = { NATS: '≥ 0.7 ×', gRPC: '≥ 0.8 ×' };

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

export default async function policyTransport(run) {
  const installation = await startInstallation();
  try {
    const contests = await contestsOf(installation);
    try {
      const rows = [];
      for (const inFlight of IN_FLIGHT) {
        for (const contest of contests.list) {
          run.say(`policy-transport: ${contest.name}, ${inFlight} in flight`);
          rows.push(...(await race(run, contest, inFlight)));
        }
      }
      return rows;
    } finally {
      contests.stop();
    }
  } finally {
    await installation.stop();
  }
}

const QUESTION = {
  operation: 'tool.call',
  server: 'bank',
  tool: 'tool_2',
  arguments: { amount: 12, currency: 'EUR', memo: 'Invoice 17', to: { iban: 'DE00 1234', name: 'Example' } },
  context: {},
};

/** Whatever is compared: both sides, and how many answers one call brings. */
async function contestsOf({ nats, connectAs, policy, organisation: { token, member } }) {
  const question = { ...QUESTION, principal: member };
  const [tool, operator] = [await connectAs('tool'), await nats.connectAsOperator()];
  const check = { subject: VERBS.check.subject, body: encoded(question), token };
  const many = { subject: VERBS.checkMany.subject, body: encoded({ items: manyOf(question) }), token };
  const grpc = { path: '/portcullis.policy.v1.PolicyService/Check', body: grpcBody(question), token };
  const sides = {
    nats: natsCaller(tool, check),
    many: natsCaller(tool, many),
    grpc: grpcCaller(policy.grpcAddress, grpc),
  };
  const echo = await startEcho({ nats, answers: await answersOf(sides) });
  const echoes = {
    nats: natsCaller(operator, { ...check, subject: 'bench.echo', signedFor: check.subject }),
    grpc: grpcCaller(echo.grpcAddress, { ...grpc, path: '/bench.Echo/Echo' }),
  };
  const client = new PolicyClient(new NatsRequester(tool), token);
  const typed = { sign: () => undefined, call: () => client.check(question) };
  return {
    list: listOf({ ...sides, typed }, echoes, { subject: policy.pid, baseline: echo.pid }),
    stop: () => {
      for (const side of [sides.grpc, echoes.grpc]) side.close();
      echo.stop();
      void operator.close();
    },
  };
}

function listOf(sides, echoes, pids) {
  const one = { pids, answers: 1 };
  return [
    { ...one, name: 'NATS: check / echo', subject: sides.nats, baseline: echoes.nats, goal: GOALS.NATS },
    { ...one, name: 'gRPC: check / echo', subject: sides.grpc, baseline: echoes.grpc, goal: GOALS.gRPC },
    { ...one, name: 'NATS: check through PolicyClient / echo', subject: sides.typed, baseline: echoes.nats },
    {
      name: `NATS: checkMany of ${ITEMS}, each item / check`,
      subject: sides.many,
      baseline: sides.nats,
      pids: { subject: pids.subject, baseline: pids.subject },
      answers: ITEMS,
    },
  ];
}

const encoded = (value) => Buffer.from(JSON.stringify(value), 'utf8');
const manyOf = (question) => Array.from({ length: ITEMS }, () => question);

/** The request as the typed client would send it. */
function grpcBody({ principal, server, tool, arguments: args }) {
  const valueOf = (value) => {
    if (typeof value === 'number') return { numberValue: value };
    return typeof value === 'string' ? { stringValue: value } : { structValue: structOf(value) };
  };
  const structOf = (value) => ({
    fields: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, valueOf(item)])),
  });
  const message = { principal: { user: principal }, operation: 'OPERATION_TOOL_CALL', server, tool };
  return policyMethods().Check.requestSerialize({ ...message, arguments: structOf(args) });
}

/** What policy answers, checked to be what it should be, for the echo to answer as well. */
async function answersOf({ nats, many, grpc }) {
  for (const side of [nats, many]) side.sign();
  const answer = await nats.call();
  const { results } = JSON.parse(Buffer.from((await many.call()).data).toString('utf8'));
  const grpcAnswer = await grpc.call();
  const { decision } = policyMethods().Check.responseDeserialize(grpcAnswer);
  const decisions = [
    JSON.parse(Buffer.from(answer.data).toString('utf8')).decision,
    decision.effect,
    results.length,
  ];
  if (decisions.join() !== ['allow', 'EFFECT_ALLOW', ITEMS].join())
    throw new Error(`policy says ${decisions.join()}`);
  return {
    natsAnswer: Buffer.from(answer.data).toString('base64'),
    header: [REPLY_HEADER, answer.headers.get(REPLY_HEADER)],
    grpcAnswer: grpcAnswer.toString('base64'),
  };
}

/** By turns; medians of the rounds, ratios within a round. */
async function race(run, { name, subject, baseline, pids, answers, goal }, inFlight) {
  const rounds = [];
  for (let round = 0; round < (run.quick ? 3 : 7); round += 1) {
    const ours = await measured(run, { side: subject, pid: pids.subject, inFlight });
    const theirs = await measured(run, { side: baseline, pid: pids.baseline, inFlight });
    rounds.push({ ours: perAnswer(ours, answers), theirs });
  }
  const row = (what, figure, more) => ({
    metric: `${inFlight} in flight, ${name}${what}`,
    value: median(rounds.map(({ ours }) => ours[figure])),
    baseline: median(rounds.map(({ theirs }) => theirs[figure])),
    ratio: median(rounds.map(({ ours, theirs }) => ours[figure] / theirs[figure])),
    ...more,
  });
  return [
    row('', 'perSecond', { unit: '1/s', goal: inFlight === 64 ? (goal ?? null) : null }),
    row(', p50', 'p50Micros', { unit: 'µs' }),
    row(', processor time of the server', 'cpuMicros', { unit: 'µs' }),
  ];
}

async function measured(run, { side, pid, inFlight }) {
  side.sign();
  let calls = 0;
  const options = { seconds: run.quick ? 0.3 : 1, warmupSeconds: 0.3, concurrency: inFlight };
  const before = cpuMs(pid);
  const result = await run.measure(async () => {
    calls += 1;
    await side.call();
  }, options);
  return { ...result, cpuMicros: ((cpuMs(pid) - before) * 1000) / calls };
}

const perAnswer = (result, answers) => ({
  perSecond: result.perSecond * answers,
  p50Micros: result.p50Micros / answers,
  cpuMicros: result.cpuMicros / answers,
});

/** Milliseconds of processor time of a process so far (proc_pid_stat(5)): Linux only. */
function cpuMs(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}
