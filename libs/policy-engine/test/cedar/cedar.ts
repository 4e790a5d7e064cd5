import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { Question } from '../../src/decisions/question.js';
import { ADMIN } from '../../src/testing/organisation-fixture.js';
import { tagged } from './condition-to-cedar.js';
import { SERVERS, type Sample } from './organisations.js';
import { policiesOf } from './policies.js';

const POLICY_SET = 'sample';

export interface CedarAnswer {
  decision: 'allow' | 'deny';
  /** The policies that determined it. */
  reasons: string[];
}

/** Parses the policies of a sample. Answers for that sample until the next one is loaded: Cedar keeps sets by name. */
export function loadIntoCedar(sample: Sample): (question: Question) => CedarAnswer {
  const loaded = cedar.preparsePolicySet(POLICY_SET, { staticPolicies: policiesOf(sample) });
  if (loaded.type === 'failure')
    throw new Error(`Cedar refuses the policies: ${JSON.stringify(loaded.errors)}`);
  return (question) => {
    const answer = cedar.statefulIsAuthorized({
      ...requestOf(sample, question),
      preparsedPolicySetId: POLICY_SET,
    });
    if (answer.type === 'failure')
      throw new Error(`Cedar refuses the request: ${JSON.stringify(answer.errors)}`);
    const { decision, diagnostics } = answer.response;
    // The mapping guards every test. A skipped policy would make any agreement worthless.
    if (diagnostics.errors.length > 0) throw new Error(`Cedar erred: ${JSON.stringify(diagnostics.errors)}`);
    return { decision, reasons: diagnostics.reason };
  };
}

/** All that one request depends on; the rest of the organisation would only be parsed in vain. */
function requestOf(sample: Sample, question: Question) {
  const { asker, context, annotations = {} } = question;
  const { session, user, client, agent, kind, scopes } = asker;
  const server = SERVERS.find((it) =>
    'srv' in question.server ? it.srv === question.server.srv : it.slug === question.server.slug,
  )!;
  const known = Object.entries({ user, client, agent, kind, scopes }).filter(([, it]) => it !== null);
  return {
    principal: { type: 'User', id: user },
    action: { type: 'Action', id: 'tool.call' },
    resource: { type: 'Tool', id: `${server.srv}/${question.tool}` },
    context: {
      arguments: tagged(question.arguments ?? {}),
      principal: tagged(Object.fromEntries(known)),
      context: tagged(context),
      annotations: { ...annotations },
      server: { __entity: { type: 'Server', id: server.srv } },
      ...(session === null
        ? {}
        : { session: { __entity: { type: 'Session', id: session.sid } }, generation: session.generation }),
    },
    entities: [
      ...userEntity(sample, user),
      ...toolEntities(sample, server, question.tool!),
      ...sample.revoked
        .filter(({ sid }) => sid === session?.sid)
        .map(({ sid, generation }) => ({
          uid: { type: 'Session', id: sid },
          attrs: { revoked: generation },
          parents: [],
        })),
    ],
  };
}

function userEntity({ roles, left }: Sample, user: string): cedar.EntityJson[] {
  if (roles[user] === undefined || left.includes(user)) return [];
  const held = ['member', ...roles[user], ...(user === ADMIN ? ['admin'] : [])];
  return [{ uid: { type: 'User', id: user }, attrs: {}, parents: held.map((id) => ({ type: 'Role', id })) }];
}

function toolEntities(
  { tools, removed }: Sample,
  { srv, slug }: (typeof SERVERS)[number],
  name: string,
): cedar.EntityJson[] {
  if (removed.includes(srv)) return [];
  const server = { uid: { type: 'Server', id: srv }, attrs: { slug }, parents: [] };
  const tool = tools.find((it) => it.srv === srv && it.tool === name);
  if (tool === undefined) return [server];
  const offFor = tool.offFor === null || tool.offFor === 'nobody' ? [] : [{ type: 'User', id: tool.offFor }];
  const attrs = {
    name,
    off: tool.offFor === null,
    offFor: offFor.map((__entity) => ({ __entity })),
    ...(tool.label === null ? {} : { label: tool.label }),
  };
  return [server, { uid: { type: 'Tool', id: `${srv}/${name}` }, attrs, parents: [server.uid] }];
}
