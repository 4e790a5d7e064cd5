// How many recorded calls policy decides again in a second, read from audit's search view over NATS, and what that does to
// the decisions that are made meanwhile. Baseline: the same pages read and thrown away.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { newId, VERBS } from '@portcullis/contracts';
import { fillSql, foundOrganisation, startInstallation } from './simulated-installation.mjs';

const FROM = '2026-01-01T00:00:00.000Z';
const TO = '2026-06-01T00:00:00.000Z';
const MILLION = 1_000_000;

const seconds = async (work) => {
  const started = performance.now();
  const result = await work();
  return { result, took: (performance.now() - started) / 1000 };
};

/** Processor time of a process so far, seconds (proc(5): fields 14 and 15, in hundredths). */
function processorTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const peakMemory = (pid) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

async function fill(url, organisation, calls) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('SET synchronous_commit = off');
    await client.query(fillSql(organisation, calls, FROM));
    await client.query('ANALYZE audit.records');
  } finally {
    await client.end();
  }
}

async function readAll({ asPolicy }, org) {
  let rows = 0;
  let after = null;
  do {
    const page = await asPolicy.call(VERBS.decidedCalls, { org, from: FROM, to: TO, limit: 5000, after });
    rows += page.rows.length;
    after = page.next;
  } while (after !== null);
  return rows;
}

async function simulate({ control, assertion }, { admin }, document) {
  let revision = null;
  for (;;) {
    const simulation = { document, from: FROM, to: TO, basis: 'then', revision };
    const reply = await control.call(VERBS.simulate, { assertion: assertion(admin), simulation });
    if (reply.state === 'done') return JSON.parse(reply.report);
    ({ revision } = reply);
  }
}

/** Latencies of single decisions while something goes on, milliseconds; one every twenty milliseconds. */
async function decisionsDuring(installation, { org, users, servers }, work) {
  const latencies = [];
  let going = true;
  const asking = (async () => {
    while (going) {
      const request = {
        assertion: installation.assertion({ org, sub: users[1] }),
        operation: 'tool.call',
        srv: servers[0].srv,
        tool: 'tool_0',
        observedDigest: 'D'.repeat(43),
        arguments: {},
        context: {},
        replyKeyHash: null,
        call: newId(),
        attempt: 1,
      };
      const { took } = await seconds(() => installation.gateway.call(VERBS.authorize, request));
      latencies.push(took * 1000);
      await pause(20);
    }
  })();
  const result = await work().finally(() => (going = false));
  await asking;
  latencies.sort((a, b) => a - b);
  return {
    result,
    at: (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))],
  };
}

const candidateOf = (rules) => ({
  roles: {},
  groups: {},
  servers: {},
  guards: [],
  rules: rules.map((rule) =>
    rule.id === 'small-writes' ? { ...rule, when: { 'arguments.amount': { $lte: 50 } } } : rule,
  ),
});

export default async function policySimulation(run) {
  const calls = run.quick ? 20_000 : MILLION;
  const installation = await startInstallation();
  try {
    const organisation = await foundOrganisation(installation);
    run.say(`policy-simulation: writing ${calls} records`);
    await fill(installation.superuserUrl, organisation, calls);
    run.say('policy-simulation: reading them');
    const read = await seconds(() => readAll(installation, organisation.org));
    run.say('policy-simulation: deciding them again');
    const idle = await decisionsDuring(installation, organisation, () => pause(run.quick ? 1000 : 5000));
    const { policy, audit } = installation;
    const before = [policy, audit].map(({ pid }) => processorTime(pid));
    const candidate = candidateOf(organisation.rules);
    const busy = await seconds(() =>
      decisionsDuring(installation, organisation, () => simulate(installation, organisation, candidate)),
    );
    const used = [policy, audit].map(({ pid }, index) => processorTime(pid) - before[index]);
    const report = busy.result.result;
    if (report.calls.total !== calls || read.result !== calls) throw new Error('not every record was read');
    if (report.calls.exact === 0 || report.calls.exact === calls)
      throw new Error('the candidate tells nothing');
    return rowsOf({ calls, read, busy, used, idle, report, policy });
  } finally {
    await installation.stop();
  }
}

function rowsOf({ calls, read, busy, used, idle, report, policy }) {
  const [byPolicy, byAudit] = used;
  const during = busy.result;
  return [
    {
      metric: 'recorded calls decided again / read only',
      value: calls / busy.took,
      unit: 'calls/s',
      baseline: calls / read.took,
      goal: '≥ 16,667',
    },
    { metric: 'a million calls', value: (busy.took / calls) * MILLION, unit: 's', goal: '< 60' },
    {
      metric: 'exact, of a million with a changed condition',
      value: (report.calls.exact / calls) * MILLION,
      unit: 'calls',
    },
    { metric: 'processor time of policy for a call', value: (byPolicy / calls) * 1e6, unit: 'µs' },
    { metric: 'processor time of audit for a call', value: (byAudit / calls) * 1e6, unit: 'µs' },
    { metric: 'peak memory of policy', value: peakMemory(policy.pid), unit: 'MiB' },
    { metric: 'decision meanwhile, p50 / idle', value: during.at(0.5), unit: 'ms', baseline: idle.at(0.5) },
    { metric: 'decision meanwhile, p99 / idle', value: during.at(0.99), unit: 'ms', baseline: idle.at(0.99) },
  ];
}
