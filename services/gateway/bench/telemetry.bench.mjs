// What measuring and tracing cost a call in the gateway: one request with its twelve steps, which do nothing themselves,
// in processor time of this process. With tracing on that includes the export and, unlike in an installation, its receiver.
import { createServer } from 'node:http';
import { setImmediate } from 'node:timers';
import { CALL_STEPS, createLogger, startTelemetry, withCorrelation } from '@portcullis/platform';
import { CallTelemetry } from '../dist/telemetry/call-telemetry.js';

const ROUNDS = 7;
const REQUESTS = 5000;

const bare = { request: (_header, work) => work({}), step: (_step, work) => work() };
const nothing = async () => undefined;

async function oneRequest(telemetry) {
  await withCorrelation({ correlationId: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }, () =>
    telemetry.request(undefined, async () => {
      for (const step of CALL_STEPS) await telemetry.step(step, nothing);
    }),
  );
}

async function microsPerRequest(telemetry) {
  const before = process.cpuUsage();
  for (let count = 0; count < REQUESTS; count += 1) {
    await oneRequest(telemetry);
    // Requests come from outside: between two of them the process does what else there is to do.
    if (count % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / REQUESTS;
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function observed(endpoint) {
  const config = {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_TRACES_SAMPLER: 'always_on',
    OTEL_BSP_SCHEDULE_DELAY: 50,
  };
  const telemetry = await startTelemetry('gateway', config, createLogger('bench', 'silent'));
  return { telemetry, calls: new CallTelemetry(telemetry, 'ignore') };
}

export default async function telemetry(run) {
  const collector = createServer((request, response) => {
    request.resume().on('end', () => response.end('{}'));
  });
  await new Promise((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const off = await observed(undefined);
  const on = await observed(`http://127.0.0.1:${collector.address().port}`);
  const contenders = { bare, off: off.calls, on: on.calls };
  const results = { bare: [], off: [], on: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    run.say(`telemetry: round ${round} of ${ROUNDS}`);
    for (const [name, contender] of Object.entries(contenders)) {
      const micros = await microsPerRequest(contender);
      // The first round warms up.
      if (round > 0) results[name].push(micros);
    }
  }
  await on.telemetry.stop();
  collector.closeAllConnections();
  collector.close();
  const baseline = median(results.bare);
  const row = (metric, name) => ({ metric, value: median(results[name]), unit: 'µs', baseline, goal: null });
  return [
    row('request of 12 empty steps, tracing off / nothing measured', 'off'),
    row('request of 12 empty steps, every one traced / nothing measured', 'on'),
  ];
}
