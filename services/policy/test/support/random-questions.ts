import { newId, type CheckRequest, type PolicyCommand, type Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { answerOf, type Answer, type Face } from './faces.js';

const [ALICE, BOB, STRANGER, BANK, NOTES] = [newId(), newId(), newId(), newId(), newId()];
export const FUZZ_ORGANISATION = { org: newId(), admin: newId() };

/** Names that have meant something to somebody: to CASL, to JavaScript. */
const ODD_TOOLS = ['all', 'manage', '__proto__', 'constructor', 'toString'];

const rule = (id: string, change: Partial<Rule>): Rule => ({
  id,
  effect: 'allow',
  subjects: { everyone: true },
  servers: ['*'],
  tools: ['*'],
  ...change,
});

/** A policy with every effect, and conditions on arguments, caller, context and time. */
export const fuzzCommands = (): PolicyCommand[] => [
  { type: 'AddMember', user: ALICE },
  { type: 'AddMember', user: BOB },
  { type: 'ConnectServer', srv: BANK, slug: 'bank', dst: 'https://bank.example', slots: [] },
  { type: 'ConnectServer', srv: NOTES, slug: 'notes', dst: 'https://notes.example', slots: [] },
  { type: 'LabelTool', srv: BANK, tool: 'pay', label: 'write' },
  { type: 'LabelTool', srv: BANK, tool: 'wipe', label: 'destructive' },
  ...['list', ...ODD_TOOLS].map((tool): PolicyCommand => ({
    type: 'LabelTool',
    srv: NOTES,
    tool,
    label: 'read',
  })),
  { type: 'AddRule', rule: rule('reads', { labels: ['read'], servers: ['notes'] }) },
  {
    type: 'AddRule',
    rule: rule('small', { servers: ['bank'], tools: ['pay'], when: { 'arguments.amount': { $lte: 100 } } }),
  },
  {
    type: 'AddRule',
    rule: rule('alice-wipes', {
      subjects: { users: [ALICE] },
      tools: ['wipe'],
      when: { 'context.ip': { $cidr: ['10.0.0.0/8'] } },
    }),
  },
  {
    type: 'AddRule',
    rule: rule('big', {
      effect: 'require_approval',
      tools: ['pay'],
      when: { 'arguments.amount': { $gt: 50 } },
    }),
  },
  {
    type: 'AddRule',
    rule: rule('not-to-z', {
      effect: 'deny',
      when: { $and: [{ 'arguments.to': { $exists: true } }, { 'arguments.to': { $nin: ['a', 'b'] } }] },
    }),
  },
  {
    type: 'AddRule',
    rule: rule('pigeons', {
      effect: 'deny',
      tools: ODD_TOOLS,
      when: { 'context.transport': { $ne: 'nats' } },
    }),
  },
];

const text = fc.string({ unit: 'grapheme', maxLength: 6 });
const anything = fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' });
const mostly = (usual: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: anything });
const args = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        amount: mostly(fc.oneof(fc.integer({ min: 0, max: 120 }), fc.constantFrom(50, 100, -0, 0.5))),
        to: mostly(fc.constantFrom('a', 'b', 'a', 'b', 'z')),
        items: mostly(fc.constantFrom([], [{ id: 1 }], 2 ** 53 - 1)),
      },
      { requiredKeys: ['amount'] },
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom({ amount: 2 ** 53 }, { amount: [1, 1e6] }, { amount: null }) },
  { weight: 2, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor', '')), anything),
  },
  { weight: 1, arbitrary: fc.array(anything, { maxLength: 2 }) },
);

/** Mostly something that there is, so that rules decide; sometimes anything, also what no schema lets through. */
const target = fc.oneof(
  { weight: 8, arbitrary: fc.constant(['bank', 'pay']) },
  { weight: 3, arbitrary: fc.constantFrom(['bank', 'wipe'], ['notes', 'list']) },
  { weight: 3, arbitrary: fc.constantFrom(...ODD_TOOLS.map((tool) => ['notes', tool])) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.constantFrom('bank', 'notes', 'nowhere', '__proto__', 'BANK', ''),
      fc.constantFrom('pay', 'list', null, 'a b', ''),
    ),
  },
);

const question = fc
  .record({
    principal: fc.oneof(
      { weight: 15, arbitrary: fc.constantFrom(ALICE, BOB) },
      { weight: 2, arbitrary: fc.constant(STRANGER) },
      { weight: 1, arbitrary: text },
    ),
    operation: fc.oneof(
      { weight: 12, arbitrary: fc.constant('tool.call') },
      { weight: 1, arbitrary: fc.constantFrom('catalog.read', 'session.open', 'resource.read', 'can_read') },
    ),
    target,
    arguments: args,
    context: fc.record(
      {
        transport: fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom('nats', 'http') },
          { weight: 1, arbitrary: fc.constant('pigeon') },
        ),
        ip: fc.constantFrom('10.1.2.3', '192.0.2.1', '::ffff:10.0.0.1'),
        protocol: fc.constantFrom('2025-11-25', '2026-07-28'),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ target: [server, tool], ...rest }) => ({ ...rest, server, tool }) as CheckRequest);

export const fuzzQuestions = (count: number): CheckRequest[] => fc.sample(question, count);

/** The answers of all faces that can be asked this; the first sets what the others have to say. */
export async function ask(
  faces: readonly Face[],
  request: CheckRequest,
): Promise<{ expected: Answer; given: Record<string, Answer> }> {
  // A google.protobuf.Struct is an object: a list of arguments can't be written over gRPC.
  const able = faces.filter(({ name }) => name !== 'gRPC' || !Array.isArray(request.arguments));
  const entries = await Promise.all(
    able.map(async (face) => [face.name, await answerOf(() => face.check(request))] as const),
  );
  return { expected: entries[0]![1], given: Object.fromEntries(entries) };
}
