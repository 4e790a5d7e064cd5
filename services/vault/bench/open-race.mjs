import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  b64u,
  generateReplyKey,
  newId,
  REPLY_HEADER,
  replyKeyHash,
  REQUEST_HEADER,
  signRequest,
  VerbCaller,
  VERBS,
} from '@portcullis/contracts';
import { NatsRequester } from '@portcullis/platform';
import { headers } from '@nats-io/transport-node';
import { cpuMs, median, rowOf } from './rows.mjs';
import { pairOf, putOf } from './statements.mjs';

const ECHO = fileURLToPath(new URL('echo-process.mjs', import.meta.url));
const IN_FLIGHT = [1, 16, 64];

/** Each call its own grant and receipt, made and signed beforehand: they hold for thirty and ten seconds. */
export async function openRows(run, { nats, trust, vault: { pid } }) {
  const gateway = await nats.connectAs('gateway');
  const operator = await nats.connectAsOperator();
  const stored = await storeCredential(await nats.connectAs('control'), trust);
  const [first] = requestsOf(trust, stored, 1);
  const answer = await gateway.request(VERBS.open.subject, first.body, {
    headers: first.headers,
    timeout: 5000,
  });
  if (JSON.parse(answer.string()).sealed === undefined) throw new Error(`the vault says ${answer.string()}`);
  const echo = await startEcho(nats, answer);
  const rows = [];
  for (const inFlight of IN_FLIGHT) {
    run.say(`vault: open, ${inFlight} in flight`);
    rows.push(
      ...(await race(
        run,
        { gateway, operator, trust, stored, pids: { ours: pid, theirs: echo.pid } },
        inFlight,
      )),
    );
  }
  echo.disconnect();
  await Promise.all([gateway.close(), operator.close()]);
  return rows;
}

async function race(run, { gateway, operator, trust, stored, pids }, inFlight) {
  const rounds = [];
  const calls = run.quick ? 400 : 2000;
  for (let round = 0; round < (run.quick ? 3 : 7); round += 1) {
    const requests = requestsOf(trust, stored, calls);
    const ours = await measured(
      { connection: gateway, subject: VERBS.open.subject, requests, pid: pids.ours },
      inFlight,
    );
    const theirs = await measured(
      { connection: operator, subject: 'bench.echo', requests, pid: pids.theirs },
      inFlight,
    );
    rounds.push({ ours, theirs });
  }
  const of = (figure) =>
    rounds.map(({ ours, theirs }) => ({ value: ours[figure], baseline: theirs[figure] }));
  const name = `${inFlight} in flight, open over NATS / echo`;
  return [
    { ...rowOf(name, of('perSecond')), unit: '1/s', goal: inFlight === 16 ? '≥ 0.4 ×' : null },
    { ...rowOf(`${name}, p50`, of('p50Micros')), unit: 'µs' },
    { ...rowOf(`${name}, processor time of the server`, of('cpuMicros')), unit: 'µs' },
  ];
}

/** Sends each request once, so many at a time. */
async function measured({ connection, subject, requests, pid }, inFlight) {
  const samples = [];
  const before = cpuMs(pid);
  const started = performance.now();
  let next = 0;
  const lane = async () => {
    for (let mine = next++; mine < requests.length; mine = next++) {
      const sent = performance.now();
      const { body, headers: signed } = requests[mine];
      const answer = await connection.request(subject, body, { headers: signed, timeout: 10_000 });
      samples.push(performance.now() - sent);
      if (answer.data.length < 64) throw new Error(`the answer is ${answer.string()}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const seconds = (performance.now() - started) / 1000;
  return {
    perSecond: requests.length / seconds,
    p50Micros: median(samples) * 1000,
    cpuMicros: ((cpuMs(pid) - before) * 1000) / requests.length,
  };
}

async function storeCredential(connection, trust) {
  const caller = new VerbCaller(new NatsRequester(connection), trust.keyring('control'));
  const org = newId();
  const target = {
    ownerKind: 'organisation',
    owner: org,
    srv: newId(),
    slot: 'token',
    dst: 'https://mcp.example.com',
  };
  await caller.call(VERBS.putSecret, putOf(trust, org, target, randomBytes(48).toString('base64url')));
  await connection.close();
  return { org, target };
}

function requestsOf(trust, { org, target }, count) {
  const { publicKey } = generateReplyKey();
  const keyring = trust.keyring('gateway');
  return Array.from({ length: count }, () => {
    const claims = {
      ...{
        op: 'tool.call',
        org,
        srv: target.srv,
        slug: 'bench',
        dst: target.dst,
        tool: 'do',
        label: 'write',
      },
      ...{ slots: [{ slot: 'token', owner: 'organisation' }], rkh: replyKeyHash(publicKey) },
    };
    const body = Buffer.from(JSON.stringify({ ...pairOf(trust, claims), replyKey: b64u(publicKey) }));
    const signed = headers();
    signed.set(REQUEST_HEADER, signRequest(keyring, 'vault', VERBS.open.subject, body));
    return { body, headers: signed };
  });
}

async function startEcho(nats, answer) {
  const child = fork(ECHO, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.send({
    url: nats.url,
    seed: nats.seedOf('operator').revealText(),
    answer: Buffer.from(answer.data).toString('base64'),
    header: [REPLY_HEADER, answer.headers.get(REPLY_HEADER)],
  });
  await once(child, 'message');
  return child;
}
