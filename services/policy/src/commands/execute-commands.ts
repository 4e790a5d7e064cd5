import {
  AppError,
  type Keyring,
  type PolicyCommandReply,
  type PolicyCommandRequest,
} from '@portcullis/contracts';
import type { Actor, CommandBatch, EngineCommand } from '@portcullis/policy-engine';
import { requireAdmin } from '../admin/require-admin.js';
import type { Principal, PrincipalVerifier } from '../authorize/principal-verifier.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import type { PolicyReplica } from '../replica/policy-replica.js';
import type { OrganisationRegistry } from '../replica/registry.js';
import type { ClientTokens } from '../clients/client-tokens.js';
import type { FindVersion } from './find-version.js';
import type { PolicyWriter } from './policy-writer.js';

export interface ExecuteCommandsDeps {
  keyring: Keyring;
  principals: PrincipalVerifier;
  decisions: PolicyDecisions;
  registry: OrganisationRegistry;
  writer: Pick<PolicyWriter, 'write'>;
  replica: Pick<PolicyReplica, 'view'>;
  clientTokens: ClientTokens;
  versions: FindVersion;
}

/** Who may found an organisation is not yet anybody in it: founding it is all that such a request may do. */
function foundingOf(commands: PolicyCommandRequest['commands']) {
  const founding = commands.find(({ type }) => type === 'RegisterOrganisation');
  if (founding?.type !== 'RegisterOrganisation') return null;
  if (commands.length === 1) return founding;
  throw new AppError('INVALID_ARGUMENT', 'An organisation is registered by a request of its own.');
}

const SYSTEM: Actor = { kind: 'system', id: null };

/**
 * Turns an admin's commands into facts. The admin's own assertion authorises them, not control's word; what comes back
 * has been folded here, so the next decision of this replica sees it.
 */
export class ExecuteCommands {
  constructor(private readonly deps: ExecuteCommandsDeps) {}

  /** @throws AppError UNAUTHENTICATED, DENIED_BY_POLICY, whatever a command is refused with, UNAVAILABLE */
  async run({ assertion, commandId, commands }: PolicyCommandRequest): Promise<PolicyCommandReply> {
    const principal = assertion === null ? null : this.deps.principals.verify(assertion);
    const time = this.deps.keyring.clock().toISOString();
    const founding = foundingOf(commands);
    const org = founding === null ? this.#authorise(principal) : await this.#found(founding, principal, time);
    const actor = principal === null ? SYSTEM : { kind: principal.claims.kind, id: principal.claims.sub };
    const batch: CommandBatch = { org, commandId, time, actor, commands: await this.#prepare(org, commands) };
    const written = await this.deps.writer.write(batch);
    const { snapshot } = this.deps.replica.view(org);
    return {
      ...written,
      policyDigest: snapshot.digest,
      clientTokens: this.deps.clientTokens.sealFor(snapshot.state, commandId),
    };
  }

  /** What a command only names is looked up before it is decided on. */
  #prepare(org: string, commands: PolicyCommandRequest['commands']): Promise<EngineCommand[]> {
    const prepared = commands.map(async (command): Promise<EngineCommand> => {
      if (command.type !== 'RollbackPolicy') return command;
      const { version } = command;
      return { type: 'RestorePolicy', version, document: await this.deps.versions.run(org, version) };
    });
    return Promise.all(prepared);
  }

  #authorise(principal: Principal | null): string {
    if (principal === null) throw new AppError('UNAUTHENTICATED', 'Commands need the assertion of an admin.');
    requireAdmin(this.deps.decisions, principal, 'policy.write');
    return principal.claims.org;
  }

  /** A new organisation: by an admin of the home organisation, or by nobody as long as there is no other organisation. */
  async #found(
    { org, home }: { org: string; home: boolean },
    principal: Principal | null,
    time: string,
  ): Promise<string> {
    if (principal !== null) {
      requireAdmin(this.deps.decisions, principal, 'organisation.create');
      if (home) throw new AppError('INVALID_ARGUMENT', 'There is one home organisation, and it exists.');
    } else if (!home) {
      throw new AppError('UNAUTHENTICATED', 'Only the home organisation is registered without an admin.');
    }
    await this.deps.registry.announce(org, time, (others) => {
      if (principal === null && others.length > 0) {
        throw new AppError(
          'UNAUTHENTICATED',
          'The installation has organisations: their admins create further ones.',
        );
      }
    });
    return org;
  }
}
