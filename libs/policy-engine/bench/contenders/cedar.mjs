import * as cedar from '@cedar-policy/cedar-wasm/nodejs';

const uid = (type, id) => `${type}::${JSON.stringify(id)}`;

function policyOf({ effect, roles, groups, everyone, slug, tools, labels, amount, currencies }) {
  const whom = [...roles.map((it) => uid('Role', it)), ...groups.map((it) => uid('Group', it))];
  const principal = everyone ? 'principal' : `principal in ${whom[0]}`;
  const glob = tools.find((it) => it.includes('*'));
  const [action] = [labels === null ? 'action' : `action == ${uid('Action', labels[0])}`];
  const resource =
    glob === undefined && tools.length === 1
      ? `resource == ${uid('Tool', `${slug}/${tools[0]}`)}`
      : `resource in ${uid('Server', slug)}`;
  const named =
    glob === undefined
      ? `[${tools.map((it) => uid('Tool', `${slug}/${it}`)).join(', ')}].contains(resource)`
      : `resource.name like ${JSON.stringify(glob)}`;
  const bound = effect === 'allow' ? '<=' : '>';
  const conditions = [
    ...(glob === undefined && tools.length === 1 ? [] : [named]),
    ...(amount === null
      ? []
      : [`context.amount ${bound} ${amount}`, `${JSON.stringify(currencies)}.contains(context.currency)`]),
  ];
  const when = conditions.length === 0 ? '' : ` when { ${conditions.join(' && ')} }`;
  return `${effect === 'allow' ? 'permit' : 'forbid'}(${principal}, ${action}, ${resource})${when};`;
}

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
