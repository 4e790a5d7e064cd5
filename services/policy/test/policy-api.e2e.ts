import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AppError,
  newId,
  type CheckItem,
  type CheckRequest,
  type ListAllowedReply,
  type ListAllowedRequest,
  type PolicyClient,
  type PolicyCommand,
  type Secret,
} from '@portcullis/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { verifies } from '../../../tools/verifies.js';
import { openClientToken, overNats } from './support/check-clients.js';
import { GrpcCaller } from './support/grpc-caller.js';
import { PolicyInstallation } from './support/policy-installation.js';
import { foundOrganisation, type SampleOrganisation } from './support/sample-organisation.js';

verifies('C2');

let installation: PolicyInstallation;
let sample: SampleOrganisation;
let tool: NatsConnection;
let token: Secret;
let nats: PolicyClient;
let grpc: GrpcCaller;

const newClient = async (of: SampleOrganisation): Promise<Secret> => {
  const add: PolicyCommand = { type: 'AddPolicyClient', client: newId(), name: 'test' };
  const reply = await installation.command(of.admin, add);
  return openClientToken(installation.trust.keyring('control'), of.org, reply);
};

beforeAll(async () => {
  installation = await PolicyInstallation.start();
  sample = await foundOrganisation(installation);
  token = await newClient(sample);
  tool = await installation.nats.connectAs('tool');
  nats = overNats(tool, token);
  grpc = new GrpcCaller(installation.grpcAddress);
});
afterAll(async () => {
  grpc?.close();
  await tool?.close();
  await installation?.stop();
});

const item = (change: Partial<CheckItem> = {}): CheckItem => ({
  principal: sample.member.sub,
  operation: 'tool.call',
  server: 'notes',
  tool: 'list_notes',
  arguments: null,
  context: {},
  ...change,
});

/** The same over each transport, or the code it is refused with. */
type Face = 'NATS' | 'gRPC';
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'answered';
  } catch (error) {
    return (error as AppError).code;
  }
};

const FACES: Face[] = ['NATS', 'gRPC'];
const checkMany = (face: Face, items: unknown[], atLeastRevision?: number) =>
  face === 'NATS'
    ? nats.checkMany({ items, atLeastRevision })
    : grpc.checkMany(token, items as CheckItem[], atLeastRevision);
const check = (face: Face, request: CheckRequest) =>
  face === 'NATS' ? nats.check(request) : grpc.check(token, request);
const list = (face: Face, request: ListAllowedRequest) =>
  face === 'NATS' ? nats.listAllowed(request) : grpc.listAllowed(token, request);
const explain = (face: Face, request: CheckRequest) =>
  face === 'NATS' ? nats.explain(request) : grpc.explain(token, request);

describe.each(FACES)('checkMany over %s', (face) => {
  it('answers each item as check does, in order, with errors of their own', async () => {
    const items = [
      item(),
      item({ tool: 'create_note' }),
      item({ server: 'Not__a-slug' }),
      item({ tool: 'nope' }),
    ];
    const { results, revision } = await checkMany(face, items);
    expect(results).toMatchObject([
      { decision: { decision: 'allow', rule: 'members-read', revision } },
      { decision: { decision: 'deny', rule: 'default-deny', revision } },
      { error: { code: 'INVALID_ARGUMENT', message: expect.stringContaining('server') } },
      { decision: { decision: 'deny', rule: 'unlabelled-tool', revision } },
    ]);
    const { decisionId: _one, ...alone } = await check(face, items[0]!);
    const { decisionId: _other, ...together } = (
      results[0] as { decision: typeof alone & { decisionId: string } }
    ).decision;
    expect(together).toEqual(alone);
  });

  it('takes a hundred items and no more, and says how many there were', async () => {
    const { results } = await checkMany(
      face,
      Array.from({ length: 100 }, () => item()),
    );
    expect(results).toHaveLength(100);
    const tooMany = checkMany(
      face,
      Array.from({ length: 101 }, () => item()),
    );
    await expect(tooMany).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/1 to 100 items, this one has 101/),
    });
    await expect(checkMany(face, [])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('has one revision for all: an item may not ask for its own', async () => {
    const { results } = await checkMany(face, [{ ...item(), atLeastRevision: 1 }]);
    expect(results).toMatchObject([{ error: { code: 'INVALID_ARGUMENT' } }]);
  });
});

describe.each(FACES)('listAllowed over %s', (face) => {
  const page = (change: Partial<ListAllowedRequest> = {}): ListAllowedRequest => ({
    principal: sample.member.sub,
    server: null,
    context: {},
    pageSize: 2,
    continuation: null,
    ...change,
  });
  let other: SampleOrganisation;
  beforeAll(async () => {
    const { srv } = sample;
    const tools = ['a', 'b', 'c', 'd'].map((name) => `${face.toLowerCase()}_${name}`);
    await installation.command(
      sample.admin,
      ...tools.map((name) => ({ type: 'LabelTool' as const, srv, tool: name, label: 'read' as const })),
    );
    other = await foundOrganisation(installation, sample);
  });

  it('pages through every tool, each once, from one revision', async () => {
    const pages: ListAllowedReply[] = [];
    do {
      pages.push(await list(face, page({ continuation: pages.at(-1)?.continuation ?? null })));
    } while (pages.at(-1)!.continuation !== null);
    expect(pages.map(({ complete }) => complete)).toEqual(
      pages.map((_, index) => index === pages.length - 1),
    );
    expect(new Set(pages.map(({ revision }) => revision)).size).toBe(1);
    const whole = await list(face, page({ pageSize: 500 }));
    expect(whole).toMatchObject({ complete: true, continuation: null, refused: null });
    expect(pages.flatMap(({ tools }) => tools)).toEqual(whole.tools);
    const reads = [...FACES].flatMap((name) =>
      ['a', 'b', 'c', 'd'].map((it) => `${name.toLowerCase()}_${it}`),
    );
    expect([...reads, 'list_notes']).toEqual(expect.arrayContaining(whole.tools.map((it) => it.tool)));
    expect(whole.tools).toContainEqual({
      server: 'notes',
      tool: 'list_notes',
      label: 'read',
      conditional: false,
      approval: false,
    });
  });

  it('takes no continuation that is forged, or of another question, organisation or client', async () => {
    const { continuation } = await list(face, page());
    const bytes = Buffer.from(continuation!, 'base64url');
    for (const at of [0, 31, 32, bytes.length - 1]) {
      const forged = Buffer.from(bytes);
      forged[at]! ^= 1;
      const request = page({ continuation: forged.toString('base64url') });
      expect(await codeOf(list(face, request))).toBe('INVALID_ARGUMENT');
    }
    for (const change of [{ continuation: '' }, { continuation: 'x' }]) {
      expect(await codeOf(list(face, page(change)))).toBe('INVALID_ARGUMENT');
    }
    for (const change of [
      { principal: sample.admin.sub },
      { server: 'notes' },
      { context: { transport: 'http' } },
    ]) {
      const request = page({ continuation, ...(change as Partial<ListAllowedRequest>) });
      expect(await codeOf(list(face, request))).toBe('INVALID_ARGUMENT');
    }
    const theirs = await newClient(other);
    const stolen = page({ continuation });
    const asked =
      face === 'NATS' ? overNats(tool, theirs).listAllowed(stolen) : grpc.listAllowed(theirs, stolen);
    expect(await codeOf(asked)).toBe('INVALID_ARGUMENT');
  });

  it('says that the policy has changed between two pages', async () => {
    const { continuation } = await list(face, page());
    await installation.command(sample.admin, {
      type: 'DefineRole',
      role: `r-${newId().toLowerCase()}`,
      description: '',
    });
    await expect(list(face, page({ continuation }))).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringContaining('begin again'),
    });
  });

  it('gives a stranger nothing, and the reason', async () => {
    expect(await list(face, page({ principal: newId() }))).toMatchObject({
      tools: [],
      complete: true,
      refused: { code: 'not_a_member', rule: 'not-a-member' },
    });
  });

  it.each([{ pageSize: 0 }, { pageSize: 501 }, { principal: 'alice' }, { server: 'Not__a-slug' }])(
    'refuses %j',
    async (change) => {
      expect(await codeOf(list(face, page(change)))).toBe('INVALID_ARGUMENT');
    },
  );
});

describe.each(FACES)('explain over %s', (face) => {
  it('gives the decision of check and every rule', async () => {
    verifies('B11');
    const request = item({ tool: 'create_note', arguments: { text: 'hunter2' } });
    const { decision, rules, omittedRules } = await explain(face, request);
    const { decisionId: _one, ...checked } = await check(face, request);
    expect(decision).toMatchObject(checked);
    expect(omittedRules).toBe(0);
    expect(rules).toContainEqual({
      rule: 'members-read',
      effect: 'allow',
      guard: false,
      decides: false,
      applies: false,
      subject: { applies: true, everyone: false, user: false, roles: ['member'], groups: [] },
      covers: { server: true, tool: true, label: false },
      condition: null,
    });
  });

  it('shows operands, types and reasons, never the value', async () => {
    const id = `if-${face.toLowerCase()}`;
    await installation.command(sample.admin, {
      type: 'AddRule',
      rule: {
        id,
        effect: 'allow',
        subjects: { users: [sample.member.sub] },
        servers: ['notes'],
        tools: ['create_note'],
        when: { 'arguments.text': { $glob: 'public *' }, $not: { 'arguments.size': { $gt: 5 } } },
      },
    });
    const reply = await explain(face, item({ tool: 'create_note', arguments: { text: 'hunter2' } }));
    const rule = reply.rules.find((one) => one.rule === id);
    expect(rule).toMatchObject({
      applies: false,
      subject: { applies: true, user: true },
      condition: {
        truth: 'no',
        omittedLeaves: 0,
        leaves: [
          {
            path: 'arguments.text',
            operator: '$glob',
            operand: '"public *"',
            truth: 'no',
            negated: false,
            found: 'string',
            why: 'the value does not satisfy it',
          },
          {
            path: 'arguments.size',
            operator: '$gt',
            operand: '5',
            truth: 'indeterminate',
            negated: true,
            found: 'missing',
          },
        ],
      },
    });
    expect(JSON.stringify(reply)).not.toContain('hunter2');
  });
});

describe.each(FACES)('a question that asks for a revision, over %s', (face) => {
  const asked = (atLeastRevision: number) => [
    check(face, { ...item(), atLeastRevision }),
    checkMany(face, [item()], atLeastRevision),
    list(face, {
      principal: sample.member.sub,
      server: null,
      context: {},
      pageSize: 5,
      continuation: null,
      atLeastRevision,
    }),
    explain(face, { ...item(), atLeastRevision }),
  ];

  it('is answered from that one or a later one', async () => {
    const { revision } = await installation.command(sample.admin, { type: 'AddMember', user: newId() });
    for (const answer of await Promise.all(asked(revision))) {
      const of = 'decision' in answer && typeof answer.decision === 'object' ? answer.decision : answer;
      expect((of as { revision: number }).revision).toBeGreaterThanOrEqual(revision);
    }
  });

  it('is STALE when that one does not come', async () => {
    const { revision } = await check(face, item());
    expect(await Promise.all(asked(revision + 1).map(codeOf))).toEqual(Array(4).fill('STALE'));
  });
});
