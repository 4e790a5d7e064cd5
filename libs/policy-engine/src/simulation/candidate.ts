import type { PolicyDocument } from '@portcullis/contracts';
import type { Fact } from '../facts/facts.js';
import type { StoredDocument } from '../facts/fields.js';
import { evolve } from '../organisation/evolve.js';
import { requireExpandable } from '../organisation/expansion-budget.js';
import { documentDeciders, versionOf } from '../organisation/policy-document.js';
import { serverBySlug, type PolicyState } from '../organisation/state.js';

/** A document that could be applied today, and that past policies are laid under. */
export interface Candidate {
  /** Only what the document itself names: whatever it does not name is as it was then. */
  readonly document: StoredDocument;
  /** Servers whose pinning it sets. */
  readonly pinned: ReadonlySet<string>;
}

/** @throws AppError as applying the document today would */
export function candidateOf(document: PolicyDocument, today: PolicyState): Candidate {
  // Applied anew even where it is in force already: then it changes nothing, and is a candidate all the same.
  const [applied] = documentDeciders.ApplyPolicy(
    { type: 'ApplyPolicy', document },
    { ...today, version: null },
  );
  if (applied?.type !== 'policy.PolicyApplied') throw new Error('A document that is applied gives a fact');
  const fact = factOf(applied.data.document, today);
  requireExpandable([fact], evolve(today, fact));
  return namedBy(document, applied.data.document, today);
}

function namedBy(named: PolicyDocument, whole: StoredDocument, today: PolicyState): Candidate {
  const only = <V>(all: Record<string, V>, names: object): Record<string, V> =>
    Object.fromEntries(Object.entries(all).filter(([key]) => Object.hasOwn(names, key)));
  const pinned = new Set<string>();
  const servers = Object.entries(named.servers).flatMap(([slug, { pinning, tools }]) => {
    const srv = serverBySlug(today, slug)?.srv;
    const server = whole.servers.find((known) => known.srv === srv);
    if (srv === undefined || server === undefined) return [];
    if (pinning !== undefined) pinned.add(srv);
    return [{ ...server, tools: server.tools.filter(({ tool }) => Object.hasOwn(tools, tool)) }];
  });
  const { roles, groups, rules } = whole;
  const document = { roles: only(roles, named.roles), groups: only(groups, named.groups), servers, rules };
  return { document, pinned };
}

/** A policy with the document applied to it. Members, credentials, switches and servers stay those of the policy. */
export function applyCandidate(state: PolicyState, { document, pinned }: Candidate): PolicyState {
  const servers = document.servers.map((server) =>
    pinned.has(server.srv)
      ? server
      : { ...server, pinning: state.servers.get(server.srv)?.pinning ?? server.pinning },
  );
  return evolve(state, factOf({ ...document, servers }, state));
}

/** No such fact is ever stored: it only says the document in the words that states are made from. */
const factOf = (document: StoredDocument, { org, time }: PolicyState): Fact => ({
  type: 'policy.PolicyApplied',
  data: {
    org: org ?? '',
    commandId: 'simulation',
    time,
    actor: { kind: 'system', id: null },
    version: versionOf(document),
    document,
  },
});
