import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import type { Question } from '../../src/decisions/question.js';
import { ADMIN } from '../../src/testing/organisation-fixture.js';
import { tagged } from './condition-to-cedar.js';
import { GROUPS, SERVERS, type Sample } from '../samples/organisations.js';
import { approvalPoliciesOf, policiesOf } from './policies.js';

export interface CedarAnswer {
  decision: 'allow' | 'deny' | 'approval_required';
  /** The policies that determined it. */
  reasons: string[];
}

/** Parses the policies of a sample. Answers for that sample until the next one is loaded: Cedar keeps sets by name. */
export function loadIntoCedar(sample: Sample): (question: Question) => CedarAnswer {
  load('access', policiesOf(sample));
  load('approval', approvalPoliciesOf(sample));
  return (question) => {
    const request = requestOf(sample, question);
    const { decision, diagnostics } = ask({ ...request, preparsedPolicySetId: 'access' });
    if (decision === 'deny') return { decision, reasons: diagnostics.reason };
    const approval = ask({ ...request, preparsedPolicySetId: 'approval' });
    if (approval.decision === 'deny') return { decision, reasons: diagnostics.reason };
    return { decision: 'approval_required', reasons: approval.diagnostics.reason };
  };
}

function load(name: string, staticPolicies: Record<string, cedar.PolicyJson>): void {
  const loaded = cedar.preparsePolicySet(name, { staticPolicies });
  if (loaded.type === 'failure')
    throw new Error(`Cedar refuses the policies: ${JSON.stringify(loaded.errors)}`);
}

function ask(call: cedar.StatefulAuthorizationCall): cedar.Response {
  const answer = cedar.statefulIsAuthorized(call);
  if (answer.type === 'failure')
    throw new Error(`Cedar refuses the request: ${JSON.stringify(answer.errors)}`);
  const { errors } = answer.response.diagnostics;
  // The mapping guards every test. A skipped policy would make any agreement worthless.
  if (errors.length > 0) throw new Error(`Cedar erred: ${JSON.stringify(errors)}`);
  return answer.response;
}

/** All that one request depends on; the rest of the organisation would only be parsed in vain. */
function requestOf(sample: Sample, question: Question) {
  const { asker, context, time, annotations = {} } = question;
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
      context: tagged({ ...context, time }),
      annotations: { ...annotations },
      server: { __entity: { type: 'Server', id: server.srv } },
      ...(session === null
        ? {}
        : { session: { __entity: { type: 'Session', id: session.sid } }, generation: session.generation }),
    },
    entities: [
      ...userEntities(sample, user),
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

function userEntities({ roles, groups, left }: Sample, user: string): cedar.EntityJson[] {
  if (roles[user] === undefined || left.includes(user)) return [];
  const held = ['member', ...roles[user], ...(user === ADMIN ? ['admin'] : [])];
  const joined = GROUPS.filter((group) => groups[group]!.members.includes(user));
  const parents = [...held.map(asRole), ...joined.map((id) => ({ type: 'Group', id }))];
  return [
    { uid: { type: 'User', id: user }, attrs: {}, parents },
    ...joined.map((id) => ({
      uid: { type: 'Group', id },
      attrs: {},
      parents: groups[id]!.roles.map(asRole),
    })),
  ];
}

const asRole = (id: string): cedar.EntityUidJson => ({ type: 'Role', id });

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
