import { actorKindSchema, contextSchema } from '@portcullis/contracts';
import type { World } from './world.js';
import { compileCondition } from '../conditions/compile.js';
import type { Node, Test } from '../conditions/node.js';

type Json = Record<string, unknown>;

const names = (of: Iterable<string>, code: string): Json => ({ enum: [...of], code });
const list = (items: Json): Json => ({ type: 'array', items });
const text: Json = { type: 'string' };
const transports = contextSchema.shape.transport.unwrap().options;

/**
 * What conditions find beside the arguments of a call, as a JSON Schema: policy itself makes these values. `code` is what
 * to report of a name that is not among the values.
 */
export const surroundings = (world: World): Json => ({
  type: 'object',
  additionalProperties: false,
  properties: {
    principal: {
      type: 'object',
      additionalProperties: false,
      properties: {
        user: names(world.users, 'unknown-user'),
        roles: list(names(world.roles, 'unknown-role')),
        groups: list(names(world.groups, 'unknown-group')),
        client: text,
        agent: text,
        kind: { enum: actorKindSchema.options },
        scopes: list(text),
      },
    },
    context: {
      type: 'object',
      additionalProperties: false,
      properties: { protocol: text, transport: { enum: transports }, ip: text, time: text },
    },
  },
});

const isText = { $type: 'string' };
const isList = { $type: 'array' };

/** What always holds of a value that is there, whatever the organisation. */
const DOMAINS: ReadonlyMap<string, Test> = new Map(
  Object.entries({
    'principal.user': isText,
    'principal.roles': isList,
    'principal.groups': isList,
    'principal.client': isText,
    'principal.agent': isText,
    'principal.kind': { $in: actorKindSchema.options },
    'principal.scopes': isList,
    'context.protocol': isText,
    'context.transport': { $in: transports },
    'context.ip': isText,
    'context.time': isText,
  }).map(([path, condition]) => [path, testOf(compileCondition({ [path]: condition }))]),
);

function testOf(node: Node): Test {
  if (node.kind !== 'at' || node.node.kind !== 'test')
    throw new TypeError('a domain is one test of one path');
  return node.node;
}

export const domainOf = (path: readonly string[]): Test | undefined => DOMAINS.get(path.join('.'));
