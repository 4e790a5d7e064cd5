import type { Access, RightsChange } from '@portcullis/contracts';
import type { Snapshot } from '../decisions/snapshot.js';
import { groupsOf, rolesOf, type PolicyState } from '../organisation/state.js';
import { Budget } from '../validation/budget.js';
import { accessOf } from './access.js';

export interface RightsDiff {
  changes: RightsChange[];
  complete: boolean;
}

/** Pairs of a kind of member and a tool, weighed with the rules: about half a second. */
const MAX_STEPS = 2_000_000;
const MAX_CHANGES = 500;
const MAX_USERS = 20;

/** Whose rights to which tools differ between two policies of the same organisation. */
export function diffRights(before: Snapshot, after: Snapshot, steps = MAX_STEPS): RightsDiff {
  const budget = new Budget(steps);
  const found = new Found();
  const kinds = kindsOfMembers(before, after);
  const rules = before.state.rules.size + after.state.rules.size + 1;
  const tools = toolsOf(before.state, after.state);
  const complete = tools.every((at) =>
    kinds.every((users) => {
      if (!budget.spend(rules)) return false;
      const was = accessOf(before, users[0]!, at);
      const is = accessOf(after, users[0]!, at);
      return (was.access === is.access && was.on === is.on) || found.add(at, [was.access, is.access], users);
    }),
  );
  return { changes: found.changes, complete };
}

class Found {
  readonly #changes = new Map<string, RightsChange>();

  get changes(): RightsChange[] {
    return [...this.#changes.values()];
  }

  /** Whether there was room for it. */
  add(
    { slug, tool }: { slug: string; tool: string },
    [before, after]: [Access, Access],
    users: string[],
  ): boolean {
    const key = JSON.stringify([slug, tool, before, after]);
    const known = this.#changes.get(key);
    if (known === undefined && this.#changes.size >= MAX_CHANGES) return false;
    const listed = [...(known?.users ?? []), ...users].sort().slice(0, MAX_USERS);
    const members = (known?.members ?? 0) + users.length;
    this.#changes.set(key, { server: slug, tool, before, after, users: listed, members });
    return true;
  }
}

/** Members who are the same to every rule, switch and condition on who asks, in the order of their ids. */
function kindsOfMembers(before: Snapshot, after: Snapshot): string[][] {
  const alone = new Set([before.state, after.state].flatMap(namedIn));
  const kinds = new Map<string, string[]>();
  for (const user of [...after.state.members.keys()].sort()) {
    const who = [before.state, after.state].map((state) => [rolesOf(state, user), groupsOf(state, user)]);
    const key = JSON.stringify([who, alone.has(user) ? user : '']);
    kinds.set(key, [...(kinds.get(key) ?? []), user]);
  }
  return [...kinds.values()];
}

/** Members by themselves: named by a rule or a switch, or perhaps by a condition. */
function namedIn(state: PolicyState): string[] {
  const rules = [...state.rules.values()];
  const switches = [...state.tools.values()].flatMap((tools) =>
    [...tools.values()].flatMap((tool) => [...tool.disabledFor]),
  );
  const looksAtUser = rules.some(({ when }) => /principal.*user/.test(JSON.stringify(when ?? null)));
  const asked = looksAtUser ? [...state.members.keys()] : [];
  return [...rules.flatMap(({ subjects }) => subjects.users ?? []), ...switches, ...asked];
}

function toolsOf(before: PolicyState, after: PolicyState): { srv: string; slug: string; tool: string }[] {
  return [...after.servers.values()]
    .sort((a, b) => (a.slug < b.slug ? -1 : 1))
    .flatMap(({ srv, slug }) => {
      const names = new Set([
        ...(before.tools.get(srv)?.keys() ?? []),
        ...(after.tools.get(srv)?.keys() ?? []),
      ]);
      return [...names].sort().map((tool) => ({ srv, slug, tool }));
    });
}
