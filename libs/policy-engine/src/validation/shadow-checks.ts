import type { Finding } from '../document/finding.js';
import type { Budget } from './budget.js';
import { covers, type Clause } from './selector.js';

/**
 * Rules that another one makes useless: an allow (or a need for approval) wherever a deny decides, and what an equal or
 * broader rule says already. Sound whatever tools and members there will be: only what the rules themselves say counts.
 */
export function checkShadows(clauses: readonly Clause[], budget: Budget): Finding[] {
  const index = new ClauseIndex(clauses);
  const order = new Map(clauses.map((clause, position) => [clause, position]));
  const findings: Finding[] = [];
  for (const clause of clauses) {
    const other = index.around(clause).find((candidate) => {
      if (candidate === clause || !budget.spend(1)) return false;
      return outdoes(candidate, clause, order);
    });
    if (budget.isSpent) return findings;
    if (other !== undefined) findings.push(describe(clause, other));
  }
  return findings;
}

function outdoes(outer: Clause, inner: Clause, order: ReadonlyMap<Clause, number>): boolean {
  if (outer.whenKey !== '' && outer.whenKey !== inner.whenKey) return false;
  if (!covers(outer, inner)) return false;
  if (outer.effect !== inner.effect) return outer.effect === 'deny';
  if (inner.effect === 'require_approval' && !isSameApproval(outer, inner)) return false;
  // Of two that say the same, the later one is too many.
  const isSame = outer.whenKey === inner.whenKey && covers(inner, outer);
  return !isSame || order.get(outer)! < order.get(inner)!;
}

const isSameApproval = (a: Clause, b: Clause): boolean =>
  JSON.stringify(a.approval ?? {}) === JSON.stringify(b.approval ?? {});

function describe(inner: Clause, outer: Clause): Finding {
  const named = `${outer.isGuard ? 'guard' : 'rule'} "${outer.id}"`;
  const finding = { rule: inner.id, at: inner.at };
  if (inner.effect === outer.effect) {
    const verb = { allow: 'allows', deny: 'denies', require_approval: 'requires approval for' }[inner.effect];
    return {
      ...finding,
      severity: 'warning',
      code: 'redundant',
      reason: `${named} ${verb} all of it already`,
    };
  }
  const isExact = inner.whenKey === outer.whenKey && covers(inner, outer);
  if (isExact) {
    return {
      ...finding,
      severity: 'error',
      code: 'contradiction',
      reason: `${named} denies exactly the same calls, and a deny wins`,
    };
  }
  return {
    ...finding,
    severity: 'error',
    code: 'shadowed',
    reason: `${named} denies all of it, and a deny wins`,
  };
}

/** Clauses by one subject and one server that they must have in common with what they cover. */
class ClauseIndex {
  readonly #buckets = new Map<string, Clause[]>();

  constructor(clauses: readonly Clause[]) {
    for (const clause of clauses) {
      for (const subject of subjectsOf(clause)) {
        for (const server of clause.servers.includes('*') ? ['*'] : new Set(clause.servers)) {
          this.#put(JSON.stringify([subject, server]), clause);
        }
      }
    }
  }

  #put(key: string, clause: Clause): void {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, [clause]);
    else bucket.push(clause);
  }

  /** All that may cover it. */
  around(clause: Clause): Clause[] {
    const [subject = EVERYONE] = subjectsOf(clause);
    return [...new Set([EVERYONE, subject])].flatMap((who) =>
      [...new Set(['*', clause.servers[0]!])].flatMap(
        (server) => this.#buckets.get(JSON.stringify([who, server])) ?? [],
      ),
    );
  }
}

const EVERYONE = 'everyone';

function subjectsOf({ subjects }: Clause): string[] {
  if (subjects.everyone === true || subjects.roles?.includes('member')) return [EVERYONE];
  return (['roles', 'groups', 'users'] as const).flatMap((kind) =>
    (subjects[kind] ?? []).map((name) => `${kind}:${name}`),
  );
}
