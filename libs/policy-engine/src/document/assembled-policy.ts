import type { PolicyCatalogue, PolicyDocument } from '@portcullis/contracts';
import { Snapshot } from '../decisions/snapshot.js';
import type { Fact, FactData, FactType } from '../facts/facts.js';
import { evolve } from '../organisation/evolve.js';
import { storedDocumentOf, versionOf } from '../organisation/policy-document.js';
import { initialState, type PolicyState } from '../organisation/state.js';

const ID_LENGTH = 26;

/** An id for something that has none, told from others by its number. */
export const idOfNumber = (n: number): string => String(n).padStart(ID_LENGTH, '0');

const TIME = '2000-01-01T00:00:00.000Z';

/**
 * A policy that no organisation has: a document in force among these members and tools. For tests of policy files, which
 * ask the very engine that decides. @throws AppError where `ApplyPolicy` would be refused for more than its findings
 */
export function assemblePolicy(document: PolicyDocument, catalogue: PolicyCatalogue): Snapshot {
  const assembly = new Assembly();
  assembly.add('policy.OrganisationRegistered', { founder: idOfNumber(0), home: false });
  for (const role of catalogue.roles) assembly.add('policy.RoleDefined', { role, description: '' });
  for (const [group, { roles }] of Object.entries(catalogue.groups))
    assembly.add('policy.GroupDefined', { group, description: '', roles });
  assembly.addServers(catalogue);
  const stored = storedDocumentOf(document, assembly.withMembers(catalogue));
  assembly.add('policy.PolicyApplied', { version: versionOf(stored), document: stored });
  return new Snapshot(assembly.withoutPins(catalogue), assembly.revision);
}

type Data<T extends FactType> = Omit<FactData<T>, 'org' | 'commandId' | 'time' | 'actor'>;

class Assembly {
  revision = -1;
  #state: PolicyState = initialState;

  add<T extends FactType>(type: T, data: Data<T>): void {
    const said = { org: idOfNumber(0), commandId: '', time: TIME, actor: { kind: 'system', id: null } };
    this.#state = evolve(this.#state, { type, data: { ...said, ...data } } as unknown as Fact);
    this.revision += 1;
  }

  addServers({ servers }: PolicyCatalogue): void {
    for (const [index, [slug, { tools }]] of Object.entries(servers).entries()) {
      const srv = idOfNumber(index + 1);
      this.add('policy.ServerConnected', { srv, slug, dst: `https://${slug}.invalid`, slots: [] });
      for (const [tool, { label }] of Object.entries(tools))
        this.add('policy.ToolLabelled', { srv, tool, label });
    }
  }

  /** Put in as they are: what a document says of groups holds for members who were there before it. */
  withMembers({ members }: PolicyCatalogue): PolicyState {
    const known = members.map(
      ({ user, roles, groups }) =>
        [user, { since: TIME, roles: new Set(roles), groups: new Set(groups) }] as const,
    );
    return { ...this.#state, members: new Map(known) };
  }

  /** No server shows its definitions here: what is asked is what the rules say. */
  withoutPins(catalogue: PolicyCatalogue): PolicyState {
    const state = this.withMembers(catalogue);
    const servers = [...state.servers].map(
      ([srv, server]) => [srv, { ...server, pinning: 'off' as const }] as const,
    );
    return { ...state, servers: new Map(servers) };
  }
}
