import { createMongoAbility, subject } from '@casl/ability';

const conditionsOf = ({ effect, amount, currencies }) =>
  amount === null
    ? {}
    : {
        conditions: {
          amount: { [effect === 'allow' ? '$lte' : '$gt']: amount },
          currency: { $in: currencies },
        },
      };

/** Wildcards written out, denies last: what CASL asks of whoever uses it. */
function rawRule(rule, tools) {
  const names = rule.tools.flatMap((pattern) =>
    pattern.includes('*')
      ? tools
          .filter(({ slug, tool }) => slug === rule.slug && tool.startsWith(pattern.slice(0, -1)))
          .map(({ tool }) => tool)
      : [pattern],
  );
  return {
    action: rule.labels ?? ['read', 'write', 'destructive'],
    subject: names.map((tool) => `${rule.slug}/${tool}`),
    inverted: rule.effect === 'deny',
    ...conditionsOf(rule),
  };
}

/** Stock CASL with its own conditions, and an ability kept for every person. */
export function casl({ rules, calls, tools, groups }) {
  const raw = [...rules].sort((a, b) => (a.effect === b.effect ? 0 : a.effect === 'allow' ? -1 : 1));
  const written = raw
    .map((rule) => ({ rule, raw: rawRule(rule, tools) }))
    .filter(({ raw: { subject: s } }) => s.length > 0);
  const abilities = new Map();
  const abilityOf = ({ user, roles, groups: joined }) => {
    const held = new Set([
      ...roles,
      ...groups.filter(({ name }) => joined.includes(name)).flatMap((it) => it.roles),
    ]);
    const isFor = ({ everyone, roles: wanted, groups: wantedGroups }) =>
      everyone || wanted.some((it) => held.has(it)) || wantedGroups.some((it) => joined.includes(it));
    const known =
      abilities.get(user) ??
      createMongoAbility(written.filter(({ rule }) => isFor(rule)).map((it) => it.raw));
    abilities.set(user, known);
    return known;
  };
  const asked = calls.map(({ person, slug, tool, label, arguments: args }) => [
    abilityOf(person),
    label,
    subject(`${slug}/${tool}`, { ...args }),
  ]);
  return (n) => {
    const [ability, action, about] = asked[n];
    return ability.can(action, about);
  };
}
