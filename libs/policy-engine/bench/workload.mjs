// One organisation in a form that belongs to no engine: people, tools, rules, and calls that are put to all of them.

const SERVERS = 20;
const TOOLS_PER_SERVER = 50;
const ROLES = 100;
const GROUPS = 20;
const PEOPLE = 500;
const CALLS = 2_000;
const LABELS = ['read', 'write', 'destructive'];
const CURRENCIES = ['EUR', 'USD', 'CHF', 'GBP'];

/** Mulberry32: the same workload in every run. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const ulid = (kind, n) => `01${kind}`.padEnd(20, '0') + String(n).padStart(6, '0');

export function makeWorkload(ruleCount) {
  const next = random(7);
  const below = (n) => Math.floor(next() * n);
  const pick = (list) => list[below(list.length)];
  const some = (list, count) => [...new Set(Array.from({ length: count }, () => pick(list)))];

  const roles = Array.from({ length: ROLES }, (_, n) => `role-${n}`);
  const groups = Array.from({ length: GROUPS }, (_, n) => ({ name: `group-${n}`, roles: [roles[n]] }));
  const people = Array.from({ length: PEOPLE }, (_, n) => ({
    user: ulid('USR', n),
    roles: some(roles, 3),
    groups: some(groups, 1).map(({ name }) => name),
  }));
  const servers = Array.from({ length: SERVERS }, (_, n) => ({ srv: ulid('SRV', n), slug: `server-${n}` }));
  const tools = servers.flatMap(({ slug }) =>
    Array.from({ length: TOOLS_PER_SERVER }, (_, n) => ({
      slug,
      tool: `tool_${n}_run`,
      label: LABELS[n % 3],
    })),
  );
  const rules = Array.from({ length: ruleCount }, (_, n) =>
    makeRule(n, { below, pick, some, roles, groups }),
  );
  const calls = Array.from({ length: CALLS }, () => ({
    ...(next() < 0.6
      ? aimedAt(pick(rules), { pick, people, tools })
      : { person: pick(people), ...pick(tools) }),
    arguments: {
      amount: below(1_000),
      currency: pick(CURRENCIES),
      memo: 'Invoice 17',
      to: { iban: 'DE00 1234' },
    },
  }));
  return { roles, groups, people, servers, tools, rules, calls };
}

/** A call that the rule is about, by somebody it is for. */
function aimedAt({ roles, groups, everyone, slug, tools: named }, { pick, people, tools }) {
  const isMeant = (it) =>
    everyone ||
    it.roles.some((role) => roles.includes(role)) ||
    it.groups.some((group) => groups.includes(group));
  const matches = (it) =>
    named.some((name) => (name.endsWith('*') ? it.tool.startsWith(name.slice(0, -1)) : it.tool === name));
  const meant = people.filter(isMeant);
  return {
    person: pick(meant.length > 0 ? meant : people),
    ...pick(tools.filter((it) => it.slug === slug && matches(it))),
  };
}

/** Of a hundred rules: 90 allow, 7 deny under a condition, 3 guard everyone; a tenth names tools by a glob. */
function makeRule(n, { below, pick, some, roles, groups }) {
  const kind = below(100);
  const effect = kind < 90 ? 'allow' : 'deny';
  const named = Array.from({ length: 1 + below(3) }, () => `tool_${below(TOOLS_PER_SERVER)}_run`);
  const globbed = kind % 10 === 0;
  const bounded = kind >= 60;
  return {
    id: `rule-${n}`,
    effect,
    roles: kind >= 97 || kind < 5 ? [] : some(roles, 1),
    groups: kind < 5 ? [pick(groups).name] : [],
    everyone: kind >= 97,
    slug: `server-${below(SERVERS)}`,
    tools: globbed ? [`tool_${below(5)}*`] : [...new Set(named)],
    labels: globbed ? ['read'] : null,
    /** An allow holds up to the amount, a deny from it on. */
    amount: bounded ? below(1_000) : null,
    currencies: bounded ? some(CURRENCIES, 3) : null,
  };
}
