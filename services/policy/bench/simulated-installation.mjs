// Policy, audit, NATS, event store and PostgreSQL as processes of their own, an organisation, and records of calls of it
// that are written by SQL into audit's search view, as real ones would stand there.
import { spawn, execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { issueToken, newId, VerbCaller, VERBS } from '@portcullis/contracts';
import { startEventStoreNode } from '@portcullis/embedded-eventstore/testing';
import { NatsRequester } from '@portcullis/platform';
import { LeaseGrantor, startNats, startPostgres, testTrust } from '@portcullis/platform/testing';

const SERVICES = join(import.meta.dirname, '../..');
const script = (service, name) => join(SERVICES, service, 'dist', name);

async function startProcess(path, env) {
  const child = spawn(process.execPath, [path], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  JSON.parse(line);
  return {
    pid: child.pid,
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function startParts() {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-simulation-'));
  const file = (name, content) => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
    return join(directory, name);
  };
  const [nats, node, postgres] = await Promise.all([startNats(), startEventStoreNode(), startPostgres()]);
  const trust = testTrust();
  const stop = async () => {
    await Promise.all([nats.stop(), node.stop(), postgres.stop()]);
    trust.clean();
    rmSync(directory, { recursive: true, force: true });
  };
  const common = (service) => ({
    LOG_LEVEL: 'warn',
    NATS_URL: nats.url,
    NATS_NKEY_SEED_FILE: file(`${service}.seed`, nats.seedOf(service).revealText()),
    EVENTSTORE_URL_FILE: file('eventstore', node.url),
    ...trust.files(service),
  });
  return { file, common, nats, postgres, trust, stop };
}

async function startAudit({ file, common, postgres }) {
  const database = await postgres.database('audit');
  const owner = { DATABASE_OWNER_URL_FILE: file('owner', database.ownerUrl.revealText()) };
  await promisify(execFile)(process.execPath, [script('audit', 'migrate.js')], { env: owner });
  const audit = await startProcess(script('audit', 'main.js'), {
    ...common('audit'),
    DATABASE_URL_FILE: file('app', database.appUrl.revealText()),
    DATABASE_JOB_URL_FILE: file('job', database.jobUrl.revealText()),
  });
  return { audit, database };
}

export async function startInstallation() {
  const parts = await startParts();
  const { file, common, nats, postgres, trust } = parts;
  const { audit, database } = await startAudit(parts);
  const connections = { control: await nats.connectAs('control'), gateway: await nats.connectAs('gateway') };
  const leases = new LeaseGrantor(connections.control, trust.keyring('control'));
  await connections.control.flush();
  const policy = await startProcess(script('policy', 'main.js'), {
    ...common('policy'),
    POLICY_CLIENT_KEY_FILE: file('client-key', randomBytes(32).toString('base64url')),
  });
  connections.policy = await nats.connectAs('policy');
  const caller = (service) => new VerbCaller(new NatsRequester(connections[service]), trust.keyring(service));
  return {
    policy,
    audit,
    leases,
    /** For statements that only an operator may run. */
    superuserUrl: withDatabase(postgres.superuserUrl.revealText(), database.ownerUrl.revealText()),
    control: caller('control'),
    gateway: caller('gateway'),
    asPolicy: caller('policy'),
    assertion: (who) => assertionOf(trust.keyring('control'), who),
    stop: async () => {
      await Promise.all([policy.stop(), audit.stop()]);
      await Promise.all(Object.values(connections).map((connection) => connection.close()));
      await parts.stop();
    },
  };
}

const assertionOf = (control, { org, sub }) =>
  issueToken(control, 'pc-principal+jwt', 'policy', {
    org,
    sub,
    act: { client: 'cursor', agent: null },
    kind: 'user',
    scopes: ['mcp', 'mcp:write'],
    sid: 'session',
    amr: ['api_key'],
    gen: 1,
  });

function withDatabase(superuser, owner) {
  const url = new URL(superuser);
  url.pathname = new URL(owner).pathname;
  return url.href;
}

const USERS = 200;
const TOOLS_OF_A_SERVER = 10;
const SERVERS = 5;
const LABELS = ['read', 'read', 'read', 'write', 'destructive'];

/** 200 members, 50 tools on 5 servers, 30 rules, some with conditions on arguments, some denies. */
export async function foundOrganisation({ control, assertion }) {
  const org = newId();
  const users = Array.from({ length: USERS }, newId).sort();
  const servers = Array.from({ length: SERVERS }, (_, n) => ({ srv: newId(), slug: `server-${n}` }));
  const admin = { org, sub: users[0] };
  const command = async (who, commands) => {
    for (let from = 0; from < commands.length; from += 64) {
      const request = {
        assertion: who && assertion(who),
        commandId: newId(),
        commands: commands.slice(from, from + 64),
      };
      await control.call(VERBS.policyCommand, request);
    }
  };
  await command(null, [{ type: 'RegisterOrganisation', org, founder: admin.sub, home: true }]);
  const tools = servers.flatMap(({ srv }) =>
    Array.from({ length: TOOLS_OF_A_SERVER }, (_, n) => ({ srv, tool: `tool_${n}`, label: LABELS[n % 5] })),
  );
  await command(admin, [
    ...users.slice(1).map((user) => ({ type: 'AddMember', user })),
    { type: 'DefineRole', role: 'writer', description: '' },
    ...users.filter((_, n) => n % 2 === 0).map((user) => ({ type: 'GrantRole', user, role: 'writer' })),
    ...servers.map((server) => ({ type: 'ConnectServer', ...server, dst: 'https://mcp.example', slots: [] })),
    ...tools.map((tool) => ({ type: 'LabelTool', ...tool })),
  ]);
  const rules = rulesOf(servers.map(({ slug }) => slug));
  await command(
    admin,
    rules.map((rule) => ({ type: 'AddRule', rule })),
  );
  const { revision, policyDigest } = await control.call(VERBS.policyState, { assertion: assertion(admin) });
  return { org, users, servers, admin, rules, revision, policyDigest };
}

function rulesOf(slugs) {
  const rule = (id, change) => ({
    id,
    effect: 'allow',
    subjects: { everyone: true },
    servers: ['*'],
    tools: ['*'],
    ...change,
  });
  const small = { 'arguments.amount': { $lte: 100 } };
  return [
    rule('members-read', { subjects: { roles: ['member'] }, labels: ['read'] }),
    rule('small-writes', { subjects: { roles: ['writer'] }, labels: ['write'], when: small }),
    ...Array.from({ length: 28 }, (_, n) =>
      rule(`no-${n}`, {
        effect: 'deny',
        servers: [slugs[n % slugs.length]],
        tools: [`gone_${n}_*`],
        when: { 'arguments.path': { $glob: `/etc/${n}/*` } },
      }),
    ),
  ];
}

/**
 * One record in ten thousandths: user, tool and what policy says of them, by the same rules as above. `amount` is small in
 * nine of ten writes.
 */
export const fillSql = ({ org, users, servers, revision, policyDigest }, calls, from) => `
  WITH n AS (SELECT i, (i * 7919) % ${USERS} AS u, (i * 104729) % ${SERVERS} AS s, (i * 31) % ${TOOLS_OF_A_SERVER} AS t
             FROM generate_series(0::bigint, ${calls - 1}) AS i),
  c AS (SELECT n.*, (ARRAY[${quoted(users)}])[u + 1] AS usr, (ARRAY[${quoted(servers.map(({ srv }) => srv))}])[s + 1] AS srv,
          (ARRAY[${quoted(LABELS)}])[t % 5 + 1] AS label,
          timestamptz '${from}' + i * interval '1 millisecond' * 60 AS at,
          '01M' || upper(lpad(to_hex(i), 23, '0')) AS id FROM n),
  d AS (SELECT c.*, CASE WHEN label = 'read' THEN 'members-read'
          WHEN label = 'write' AND u % 2 = 0 AND i % 10 <> 0 THEN 'small-writes' ELSE 'default-deny' END AS rule FROM c)
  INSERT INTO audit.records SELECT '${org}', id, 'calls',
    CASE WHEN rule = 'default-deny' THEN 'ToolCallDenied' ELSE 'ToolCallAuthorized' END, at, usr, srv, 'server-' || s,
    'tool_' || t, 'tool.call', label, rule, id, 1, CASE WHEN rule = 'default-deny' THEN NULL ELSE 'g' || i END, 'success',
    'audit-calls', i, repeat('A', 43), ${DATA(revision, policyDigest, org)}, ${DECIDED(revision, policyDigest)} FROM d`;

const quoted = (values) => values.map((value) => `'${value}'`).join(',');
const TIME = `to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The column that the projection makes of a record; `JSON.stringify` writes no blanks. */
const DECIDED = (revision, policyDigest) => `
  concat('["', id, '","', ${TIME}, '","', usr, '","user","cursor",null,"key-', u, '","tool.call","', srv, '","tool_', t, '","',
    label, '","', repeat('D', 43), '","', CASE WHEN rule = 'default-deny' THEN 'deny' ELSE 'allow' END, '","', rule,
    '",${revision},"${policyDigest}",false,["', ${TIME}, '",1,"2026-07-28","http",', (label = 'read')::text,
    ',null,["mcp","mcp:write"]]]')`;

const DATA = (revision, policyDigest, org) => `json_build_object(
    'action', json_build_object('label', label, 'op', 'tool.call', 'slug', 'server-' || s, 'srv', srv, 'target', null, 'tool', 'tool_' || t),
    'actor', json_build_object('agent', null, 'client', 'cursor', 'id', usr, 'kind', 'user', 'session', 'key-' || u),
    'call', json_build_object('argumentBytes', 120, 'attempt', 1, 'deadline', null, 'id', id, 'intent', null),
    'class', 'calls', 'data', null,
    'decision', json_build_object('id', id, 'inputs', json_build_object(
        'annotations', json_build_object('readOnlyHint', label = 'read'),
        'context', json_build_object('protocol', '2026-07-28', 'transport', 'http'), 'generation', 1,
        'scopes', json_build_array('mcp', 'mcp:write'), 'time', ${TIME}),
      'policyDigest', '${policyDigest}', 'reasons', json_build_array(),
      'result', CASE WHEN rule = 'default-deny' THEN 'deny' ELSE 'allow' END, 'revision', ${revision}, 'rule', rule),
    'digests', json_build_object('arguments', repeat('B', 43), 'assertion', repeat('C', 43), 'definition', repeat('D', 43), 'grant', repeat('E', 43)),
    'nonce', repeat('F', 22), 'occurredAt', null, 'org', '${org}', 'outcome', null, 'recordId', id,
    'sealed', json_build_array(json_build_object('ciphertext', repeat('G', 300), 'enc', repeat('H', 43), 'keyId', usr, 'seq', i % 1000 + 1, 'subject', usr)),
    'source', 'gateway', 'time', ${TIME}, 'type', 'ToolCallAuthorized', 'v', 1)::text`;
