// Policy as it is deployed, a process of its own, with everything that it needs around it; only audit is a stand-in.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  canonicalBytes,
  fromB64u,
  hpkeOpen,
  issueToken,
  newId,
  parseIJson,
  REPLY_HEADER,
  REQUEST_HEADER,
  VerbCaller,
  VERBS,
} from '@portcullis/contracts';
import { startEventStoreNode } from '@portcullis/embedded-eventstore/testing';
import { NatsRequester, ServiceCallerAuthenticator } from '@portcullis/platform';
import { LeaseGrantor, startNats, testTrust } from '@portcullis/platform/testing';
import { headers } from '@nats-io/transport-node';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Broker, event store, keys, policy. `stop` ends all of it. */
export async function startInstallation() {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  const [nats, store] = await Promise.all([startNats(), startEventStoreNode()]);
  const trust = testTrust();
  const connections = [];
  const connectAs = async (user) => {
    const connection = await nats.connectAs(user);
    connections.push(connection);
    return connection;
  };
  const control = await connectAs('control');
  serveAudit(await connectAs('audit'), trust.keyring('audit'));
  new LeaseGrantor(control, trust.keyring('control'));
  await control.flush();
  const policy = await startPolicy({
    LOG_LEVEL: 'error',
    NATS_URL: nats.url,
    NATS_NKEY_SEED_FILE: write(directory, 'seed', nats.seedOf('policy').revealText()),
    EVENTSTORE_URL_FILE: write(directory, 'store', store.url),
    POLICY_CLIENT_KEY_FILE: write(directory, 'key', randomBytes(32).toString('base64url')),
    ...trust.files('policy'),
  });
  return {
    nats,
    connectAs,
    policy,
    organisation: await found(new VerbCaller(new NatsRequester(control), trust.keyring('control')), trust),
    stop: async () => {
      await policy.stop();
      await Promise.all(connections.map((connection) => connection.close()));
      await Promise.all([nats.stop(), store.stop()]);
      trust.clean();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function write(directory, name, content) {
  const path = join(directory, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** `POLICY_NODE_OPTIONS` are Node options for policy alone, such as `--cpu-prof`. */
async function startPolicy(env) {
  const options = process.env['POLICY_NODE_OPTIONS'];
  const child = spawn(process.execPath, [MAIN], {
    env: options === undefined ? env : { ...env, NODE_OPTIONS: options },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  process.once('exit', () => child.kill());
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]);
  if (typeof line !== 'string') throw new Error('The policy process has ended instead of getting ready');
  const { grpcPort } = JSON.parse(line);
  return {
    pid: child.pid,
    grpcAddress: `127.0.0.1:${grpcPort}`,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Takes whatever policy tells audit, and has heard of nothing before. */
function serveAudit(connection, keyring) {
  const authenticator = new ServiceCallerAuthenticator(keyring, () => new Date());
  const serve = (verb, answer) =>
    connection.subscribe(verb.subject, {
      queue: 'audit',
      callback: (_error, message) => {
        const token = message.headers?.get(REQUEST_HEADER) ?? '';
        const { signReply } = authenticator.authenticate(verb, message.data, token);
        const body = Buffer.from(JSON.stringify(answer(verb.request.parse(parseIJson(message.data)))));
        const signed = headers();
        signed.set(REPLY_HEADER, signReply(body));
        message.respond(body, { headers: signed });
      },
    });
  serve(VERBS.append, ({ entries }) => ({
    results: entries.map(({ recordId }, revision) => ({
      status: 'recorded',
      recordId,
      stream: 'audit-bench',
      revision,
      receipt: null,
    })),
  }));
  serve(VERBS.policyHeads, ({ orgs }) => ({ heads: orgs.map((org) => ({ org, recorded: null })) }));
}

const RULES = 200;
const TOOLS = 20;

/** An organisation with some rules, a member whom one of them allows a call, and a policy client. */
async function found(control, trust) {
  const [org, admin, member, srv] = [newId(), newId(), newId(), newId()];
  const claims = {
    ...{ org, sub: admin, act: { client: null, agent: null }, kind: 'user', sid: 'bench', gen: 1 },
    ...{ scopes: ['mcp', 'mcp:write'], amr: ['key'] },
  };
  const assertion = () => issueToken(trust.keyring('control'), 'pc-principal+jwt', 'policy', claims);
  const command = (by, ...commands) =>
    control.call(VERBS.policyCommand, { assertion: by, commandId: newId(), commands });
  await command(null, { type: 'RegisterOrganisation', org, founder: admin, home: true });
  const tools = Array.from({ length: TOOLS }, (_, n) => `tool_${n}`);
  await command(
    assertion(),
    { type: 'AddMember', user: member },
    { type: 'DefineRole', role: 'clerk', description: '' },
    { type: 'GrantRole', user: member, role: 'clerk' },
    { type: 'ConnectServer', srv, slug: 'bank', dst: 'https://bank.example', slots: [] },
    ...tools.map((tool) => ({ type: 'LabelTool', srv, tool, label: 'write' })),
  );
  const rules = Array.from({ length: RULES }, (_, n) => ({
    id: `rule-${n}`,
    effect: 'allow',
    subjects: { roles: [n % 2 === 0 ? 'clerk' : 'admin'] },
    servers: ['bank'],
    tools: [tools[n % TOOLS]],
    when: { 'arguments.amount': { $lte: n * 10 }, 'arguments.currency': { $in: ['EUR', 'USD'] } },
  }));
  for (let from = 0; from < RULES; from += 50) {
    await command(assertion(), ...rules.slice(from, from + 50).map((rule) => ({ type: 'AddRule', rule })));
  }
  const { clientTokens } = await command(assertion(), {
    type: 'AddPolicyClient',
    client: newId(),
    name: 'bench',
  });
  const { client, enc, ciphertext } = clientTokens[0];
  const token = hpkeOpen({
    recipientPrivateKey: trust.keyring('control').sealKey().privateKey,
    enc: fromB64u(enc),
    info: 'portcullis/v1/policy-client-token',
    aad: canonicalBytes({ client, org }),
    ciphertext: fromB64u(ciphertext),
  });
  return { token, member };
}
