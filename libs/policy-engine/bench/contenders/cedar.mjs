import * as cedar from '@cedar-policy/cedar-wasm/nodejs';

const uid = (type, id) => `${type}::${JSON.stringify(id)}`;

function policyOf({ effect, roles, groups, everyone, slug, tools, labels, ...bounds }) {
  const whom = [...roles.map((it) => uid('Role', it)), ...groups.map((it) => uid('Group', it))];
  const principal = everyone ? 'principal' : `principal in ${whom[0]}`;
  const action = labels === null ? 'action' : `action == ${uid('Action', labels[0])}`;
  const { resource, named } = toolsOf(slug, tools);
  const conditions = [...named, ...conditionsOf(effect, bounds)];
  const when = conditions.length === 0 ? '' : ` when { ${conditions.join(' && ')} }`;
  return `${effect === 'allow' ? 'permit' : 'forbid'}(${principal}, ${action}, ${resource})${when};`;
}

/** One tool in the head of the policy, which Cedar looks at first; several, or a glob, by server and condition. */
function toolsOf(slug, tools) {
  const uids = tools.map((it) => uid('Tool', `${slug}/${it}`));
  const glob = tools.find((it) => it.includes('*'));
  if (glob === undefined && tools.length === 1) return { resource: `resource == ${uids[0]}`, named: [] };
  const named =
    glob === undefined
      ? `[${uids.join(', ')}].contains(resource)`
      : `resource.name like ${JSON.stringify(glob)}`;
  return { resource: `resource in ${uid('Server', slug)}`, named: [named] };
}

const conditionsOf = (effect, { amount, currencies }) =>
  amount === null
    ? []
    : [
        `context.amount ${effect === 'allow' ? '<=' : '>'} ${amount}`,
        `${JSON.stringify(currencies)}.contains(context.currency)`,
      ];

/** One call with the entities that it depends on; the policy set is parsed once. */
function requestOf({ person, slug, tool, label, arguments: args }, groups) {
  const roles = (names) => names.map((id) => ({ type: 'Role', id }));
  return {
    principal: { type: 'User', id: person.user },
    action: { type: 'Action', id: label },
    resource: { type: 'Tool', id: `${slug}/${tool}` },
    context: args,
    entities: [
      {
        uid: { type: 'User', id: person.user },
        attrs: {},
        parents: [...roles(person.roles), ...person.groups.map((id) => ({ type: 'Group', id }))],
      },
      ...person.groups.map((id) => ({
        uid: { type: 'Group', id },
        attrs: {},
        parents: roles(groups.find(({ name }) => name === id).roles),
      })),
      {
        uid: { type: 'Tool', id: `${slug}/${tool}` },
        attrs: { name: tool },
        parents: [{ type: 'Server', id: slug }],
      },
    ],
  };
}

export function cedarWasm({ rules, calls, groups }) {
  const name = `rules-${rules.length}`;
  const staticPolicies = Object.fromEntries(rules.map((rule) => [rule.id, policyOf(rule)]));
  const loaded = cedar.preparsePolicySet(name, { staticPolicies });
  if (loaded.type === 'failure') throw new Error(JSON.stringify(loaded.errors).slice(0, 500));
  const requests = calls.map((call) => ({ ...requestOf(call, groups), preparsedPolicySetId: name }));
  return (n) => {
    const answer = cedar.statefulIsAuthorized(requests[n]);
    if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors));
    return answer.response.decision === 'allow';
  };
}
