import { newEnforcer, newModelFromString } from 'casbin';

// Roles and groups by g; a condition is an expression that each policy line brings along; any deny wins.
const MODEL = `
[request_definition]
r = sub, obj, act, args

[policy_definition]
p = sub, obj, act, cond, eft

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = keyMatch(r.obj, p.obj) && (p.act == "*" || r.act == p.act) && (p.sub == "everyone" || g(r.sub, p.sub)) && eval(p.cond)
`;

function linesOf({ effect, roles, groups, everyone, slug, tools, labels, amount, currencies }) {
  const subject = everyone ? 'everyone' : (roles[0] ?? groups[0]);
  const among = (currencies ?? []).map((it) => `r.args.currency == '${it}'`).join(' || ');
  const bound = effect === 'allow' ? '<=' : '>';
  const condition = amount === null ? 'true' : `r.args.amount ${bound} ${amount} && (${among})`;
  return tools.map((tool) => [subject, `${slug}/${tool}`, labels?.[0] ?? '*', condition, effect]);
}

export async function casbin({ rules, calls, people, groups }) {
  const enforcer = await newEnforcer(newModelFromString(MODEL));
  await enforcer.addPolicies(unique(rules.flatMap(linesOf)));
  await enforcer.addGroupingPolicies([
    ...people.flatMap(({ user, roles, groups: joined }) => [...roles, ...joined].map((it) => [user, it])),
    ...groups.flatMap(({ name, roles }) => roles.map((role) => [name, role])),
  ]);
  return (n) => {
    const { person, slug, tool, label, arguments: args } = calls[n];
    return enforcer.enforceSync(person.user, `${slug}/${tool}`, label, args);
  };
}

/** It refuses a line that is there already. */
const unique = (lines) => [...new Map(lines.map((line) => [line.join('\n'), line])).values()];
