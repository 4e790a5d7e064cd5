import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { AuthzenClient, issueClientToken, newId, Secret } from '@portcullis/contracts';
import { verifies } from '../../../tools/verifies.js';
import { openClientToken } from './support/check-clients.js';
import { PolicyInstallation } from './support/policy-installation.js';
import { foundOrganisation, type SampleOrganisation } from './support/sample-organisation.js';

verifies('C2');

let installation: PolicyInstallation;
let sample: SampleOrganisation;
let token: Secret;

const newToken = async (of: SampleOrganisation): Promise<Secret> => {
  const add = { type: 'AddPolicyClient' as const, client: newId(), name: 'ci' };
  const reply = await installation.command(of.admin, add);
  return openClientToken(installation.trust.keyring('control'), of.org, reply);
};

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  sample = await foundOrganisation(installation);
  token = await newToken(sample);
});
afterAll(() => installation?.stop());

const subject = () => ({ type: 'user', id: sample.member.sub });
const action = { name: 'tool.call' };
const tool = (name: string) => ({ type: 'tool', id: `notes/${name}` });
const question = (change: object = {}): Record<string, unknown> => ({
  subject: subject(),
  action,
  resource: tool('list_notes'),
  ...change,
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${installation.authzenUrl}/access/v1/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token.revealText()}`,
      'content-type': 'application/json',
      ...headers,
    },
    body:
      typeof body === 'string' || body instanceof Uint8Array
        ? (body as Uint8Array<ArrayBuffer>)
        : JSON.stringify(body),
  });

const evaluate = async (body: unknown) =>
  (await post('evaluation', body)).json() as Promise<{ decision: boolean }>;
const evaluations = async (body: unknown) =>
  (await (await post('evaluations', body)).json()) as {
    evaluations: { decision: boolean; context: object }[];
  };

/** Status, our code, and the message that is the whole body. */
async function refusal(
  response: Response,
): Promise<{ status: number; code: string | null; message: string }> {
  expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  return {
    status: response.status,
    code: response.headers.get('portcullis-error-code'),
    message: await response.text(),
  };
}

describe('an evaluation', () => {
  it('is true for an allow, with the whole decision as its context', async () => {
    const response = await post('evaluation', question());
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.json()).toEqual({
      decision: true,
      context: expect.objectContaining({
        decision: 'allow',
        decisionId: expect.any(String),
        revision: expect.any(Number),
        policyDigest: expect.stringMatching(/^[\w-]{43}$/),
        rule: 'members-read',
        label: 'read',
        reasons: [expect.objectContaining({ code: 'rule_allows' })],
      }),
    });
  });

  it('is false for a denial, which is no error', async () => {
    const response = await post('evaluation', question({ resource: tool('create_note') }));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ decision: false, context: { rule: 'default-deny' } });
  });

  it('is false for what needs approval', async () => {
    const id = 'ask-first';
    await installation.command(
      sample.admin,
      { type: 'LabelTool', srv: sample.srv, tool: 'asked', label: 'read' },
      {
        type: 'AddRule',
        rule: {
          id,
          effect: 'require_approval',
          subjects: { everyone: true },
          servers: ['notes'],
          tools: ['asked'],
        },
      },
    );
    expect(await evaluate(question({ resource: tool('asked') }))).toMatchObject({
      decision: false,
      context: { decision: 'approval_required', rule: id },
    });
  });

  it('is about a server too', async () => {
    const catalogue = { action: { name: 'catalog.read' }, resource: { type: 'server', id: 'notes' } };
    expect(await evaluate(question(catalogue))).toMatchObject({
      decision: true,
      context: { rule: 'visible-tools' },
    });
    expect(await evaluate(question({ ...catalogue, subject: { type: 'user', id: newId() } }))).toMatchObject({
      decision: false,
    });
  });

  it('takes no notice of properties and context that nothing can look at', async () => {
    const rich = question({
      subject: { ...subject(), properties: { department: 'Sales', roles: ['admin'] } },
      action: { ...action, properties: { method: 'GET' } },
      context: { time: '1985-10-26T01:22-07:00', roles: ['admin'] },
    });
    expect(await evaluate(rich)).toMatchObject({ decision: true });
    expect(await evaluate({ ...rich, resource: tool('create_note') })).toMatchObject({ decision: false });
  });

  it.each<[string, object | string | Uint8Array]>([
    ['no subject', { subject: undefined }],
    ['a subject without an id', { subject: { type: 'user' } }],
    ['a subject of another type', { subject: { type: 'robot', id: newId() } }],
    ['a subject whose id is none of ours', { subject: { type: 'user', id: 'alice@acme.example' } }],
    ['a subject with a field more', { subject: { type: 'user', id: newId(), admin: true } }],
    ['no action', { action: undefined }],
    ['an action that is none of ours', { action: { name: 'can_read' } }],
    ['an action whose name is no text', { action: { name: true } }],
    ['no resource', { resource: null }],
    ['a resource of another type', { resource: { type: 'document', id: 'notes/list_notes' } }],
    ['a tool without a server', { resource: { type: 'tool', id: 'list_notes' } }],
    ['misspelt arguments', { resource: { ...tool('list_notes'), properties: { argument: {} } } }],
    ['a context that is none', { context: ['http'] }],
    ['a transport that is none', { context: { transport: 'pigeon' } }],
    ['a field more', { decision: true }],
    ['a number that is not exact', { resource: { ...tool('x'), properties: { arguments: { n: 2 ** 60 } } } }],
    ['a list', '[]'],
    ['nothing', ''],
    ['broken JSON', '{"subject":'],
    ['a duplicate key', '{"subject":{},"subject":{}}'],
    ['a byte that is no UTF-8', Buffer.from('{"subject":"\xff"}', 'latin1')],
    ['too many levels', `{"context":${'['.repeat(80)}${']'.repeat(80)}}`],
  ])('with %s is a bad request, never a decision', async (_name, change) => {
    const isBody = typeof change === 'string' || change instanceof Uint8Array;
    const body = isBody ? change : question(change);
    expect(await refusal(await post('evaluation', body))).toMatchObject({
      status: 400,
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/./),
    });
  });
});

describe('several evaluations', () => {
  const allowed = { resource: tool('list_notes') };
  const denied = { resource: tool('create_note') };
  const broken = { resource: { type: 'tool', id: 'nowhere' } };
  const decisions = async (list: object[], semantic?: string) => {
    const options = semantic === undefined ? {} : { options: { evaluations_semantic: semantic, mine: 1 } };
    const reply = await evaluations({ subject: subject(), action, evaluations: list, ...options });
    return reply.evaluations.map(({ decision }) => decision);
  };

  it.each<[string | undefined, object[], boolean[]]>([
    [undefined, [allowed, denied, allowed], [true, false, true]],
    ['execute_all', [denied, broken, allowed], [false, false, true]],
    ['deny_on_first_deny', [allowed, denied, allowed], [true, false]],
    ['deny_on_first_deny', [allowed, broken, allowed], [true, false]],
    ['deny_on_first_deny', [allowed, allowed], [true, true]],
    ['permit_on_first_permit', [denied, broken, allowed, denied], [false, false, true]],
    ['permit_on_first_permit', [denied, denied], [false, false]],
  ])('%s of %j gives %j', async (semantic, list, wanted) => {
    expect(await decisions(list, semantic)).toEqual(wanted);
  });

  it('take what is missing from the top level, whole', async () => {
    const reply = await evaluations({
      subject: subject(),
      action: { name: 'catalog.read' },
      resource: { ...tool('create_note'), properties: { arguments: { a: 1 } } },
      evaluations: [
        { resource: { type: 'server', id: 'notes' } },
        { action, resource: tool('list_notes') },
        { action },
        { action, subject: { type: 'user', id: newId() }, resource: tool('list_notes') },
      ],
    });
    expect(reply.evaluations).toMatchObject([
      { decision: true, context: { rule: 'visible-tools' } },
      { decision: true, context: { rule: 'members-read' } },
      { decision: false, context: { rule: 'default-deny' } },
      { decision: false, context: { rule: 'not-a-member' } },
    ]);
  });

  it('have errors of their own, and one revision', async () => {
    const reply = await evaluations({
      subject: subject(),
      action,
      evaluations: [allowed, broken, {}, 7, allowed],
    });
    const error = (text: string) => ({
      decision: false,
      context: { error: { status: 400, code: 'INVALID_ARGUMENT', message: expect.stringContaining(text) } },
    });
    const [first, ...rest] = reply.evaluations;
    expect(rest).toMatchObject([
      error('resource.id'),
      error('resource'),
      error('(body)'),
      { decision: true, context: { revision: (first!.context as { revision: number }).revision } },
    ]);
  });

  it('are one evaluation where there is no list of them', async () => {
    for (const change of [{}, { evaluations: [] }]) {
      const response = await post('evaluations', question(change));
      expect(await response.json()).toMatchObject({ decision: true });
    }
  });

  it.each<[string, object]>([
    ['more than a hundred', { evaluations: Array.from({ length: 101 }, () => ({})) }],
    ['an unknown semantic', { evaluations: [{}], options: { evaluations_semantic: 'allow_all' } }],
    ['a list that is none', { evaluations: { 0: {} } }],
    ['a field more', { evaluations: [{}], semantic: 'execute_all' }],
  ])('with %s are a bad request', async (_name, body) => {
    expect(await refusal(await post('evaluations', body))).toMatchObject({
      status: 400,
      code: 'INVALID_ARGUMENT',
    });
  });
});

describe('who asks', () => {
  it.each<[string, Record<string, string>]>([
    ['nobody', { authorization: '' }],
    ['another scheme', { authorization: 'Basic cGNj' }],
    ['a token that is none', { authorization: 'Bearer pcc_x' }],
  ])('is not %s', async (_name, headers) => {
    const response = await post('evaluation', question(), headers);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await refusal(response)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  });

  it('is told nothing about another organisation', async () => {
    const other = await foundOrganisation(installation, sample);
    const theirs = await newToken(other);
    const response = await post('evaluation', question(), { authorization: `Bearer ${theirs.revealText()}` });
    expect(await response.json()).toMatchObject({ decision: false, context: { rule: 'not-a-member' } });
  });

  it('is nobody any more when the client is revoked', async () => {
    const client = newId();
    const reply = await installation.command(sample.admin, {
      type: 'AddPolicyClient',
      client,
      name: 'short',
    });
    const shortLived = openClientToken(installation.trust.keyring('control'), sample.org, reply);
    const headers = { authorization: `Bearer ${shortLived.revealText()}` };
    expect((await post('evaluation', question(), headers)).status).toBe(200);
    await installation.command(sample.admin, { type: 'RevokePolicyClient', client });
    expect((await post('evaluation', question(), headers)).status).toBe(401);
  });
});

describe('the binding to HTTP', () => {
  it.each(['bfe9eb29-ab87-4ca3-be83-a1d5d8305716', 'an arbitrary string; with=signs'])(
    'gives the request identifier back, whatever comes of the request',
    async (id) => {
      const headers = { 'x-request-id': id };
      const responses = await Promise.all([
        post('evaluation', question(), headers),
        post('evaluation', {}, headers),
        post('evaluation', question(), { ...headers, authorization: '' }),
        post('nothing', question(), headers),
      ]);
      expect(responses.map(({ status }) => status)).toEqual([200, 400, 401, 404]);
      expect(responses.map((response) => response.headers.get('x-request-id'))).toEqual([id, id, id, id]);
    },
  );

  it('is discovered without a token', async () => {
    const response = await fetch(`${installation.authzenUrl}/.well-known/authzen-configuration`);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      policy_decision_point: installation.authzenUrl,
      access_evaluation_endpoint: `${installation.authzenUrl}/access/v1/evaluation`,
      access_evaluations_endpoint: `${installation.authzenUrl}/access/v1/evaluations`,
    });
  });

  it('knows one method for each path, one content type, and a limit', async () => {
    const got = await fetch(`${installation.authzenUrl}/access/v1/evaluation`);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    const text = await post('evaluation', question(), { 'content-type': 'text/plain' });
    expect(await refusal(text)).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
    const large = await post('evaluation', `{"context":{"x":"${'x'.repeat(950 * 1024)}"}}`);
    expect(await refusal(large)).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' });
  });

  it('reads no body of somebody unknown, however good the token looks', async () => {
    const forged = issueClientToken(Secret.of('f'.repeat(43)), newId(), 1).revealText();
    const socket = connect(Number(new URL(installation.authzenUrl).port), '127.0.0.1');
    const head = [
      'POST /access/v1/evaluation HTTP/1.1',
      'host: x',
      'content-type: application/json',
      `authorization: Bearer ${forged}`,
      'content-length: 9000',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n{`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1.1 401 /);
    socket.destroy();
  });

  it('does not answer a client that is revoked while its body is on the way', async () => {
    const client = newId();
    const reply = await installation.command(sample.admin, { type: 'AddPolicyClient', client, name: 'slow' });
    const slow = openClientToken(installation.trust.keyring('control'), sample.org, reply);
    const body = JSON.stringify(question());
    const socket = connect(Number(new URL(installation.authzenUrl).port), '127.0.0.1');
    const head = [
      'POST /access/v1/evaluation HTTP/1.1',
      'host: x',
      'content-type: application/json',
      `authorization: Bearer ${slow.revealText()}`,
      'expect: 100-continue',
      `content-length: ${body.length}`,
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    // The server has taken the head, token and all.
    const [interim] = (await once(socket, 'data')) as [Buffer];
    expect(interim.toString('latin1')).toMatch(/^HTTP\/1.1 100 /);
    await installation.command(sample.admin, { type: 'RevokePolicyClient', client });
    socket.write(body);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1.1 401 /);
    socket.destroy();
  });

  it('answers from a revision that is asked for, or not at all', async () => {
    const { revision } = await installation.command(sample.admin, { type: 'AddMember', user: newId() });
    const at = (text: string) => post('evaluation', question(), { 'portcullis-at-least-revision': text });
    expect((await at(String(revision))).status).toBe(200);
    expect(await refusal(await at(String(revision + 1)))).toMatchObject({ status: 503, code: 'STALE' });
    for (const text of ['-1', 'latest', '1e3', '99999999999999999']) {
      expect(await refusal(await at(text))).toMatchObject({ status: 400, code: 'INVALID_ARGUMENT' });
    }
  });
});

describe('the typed client', () => {
  const item = () => ({
    principal: sample.member.sub,
    operation: 'tool.call' as const,
    server: 'notes',
    tool: 'list_notes',
    arguments: { a: 1 },
    context: {},
  });

  it('gives decisions as the other transports do', async () => {
    const client = new AuthzenClient(installation.authzenUrl, token);
    expect(await client.check(item())).toMatchObject({ decision: 'allow', rule: 'members-read' });
    const wrong = { ...item(), server: 'Not__a-slug' };
    expect(await client.checkMany({ items: [{ ...item(), tool: 'create_note' }, wrong] })).toMatchObject([
      { decision: { decision: 'deny', rule: 'default-deny' } },
      { error: { code: 'INVALID_ARGUMENT' } },
    ]);
    await expect(client.check(wrong)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(client.check({ ...item(), atLeastRevision: 2 ** 40 })).rejects.toMatchObject({
      code: 'STALE',
    });
  });
});
