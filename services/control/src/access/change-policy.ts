import type { PolicyCommand, PolicyCommandReply } from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { ReadServers } from '../servers/read-servers.js';
import type { PolicyCommands } from './policy-commands.js';

/**
 * Changes of what policy alone owns. One command batch, all or nothing, in force when this returns; policy itself tells
 * audit of its facts. Sent again after a lost answer, it finds everything done.
 */
export class ChangePolicy {
  constructor(
    private readonly policy: PolicyCommands,
    private readonly servers: ReadServers,
  ) {}

  async run(admin: Admin, ...commands: PolicyCommand[]): Promise<Omit<PolicyCommandReply, 'clientTokens'>> {
    const { revision, policyDigest, facts } = await this.policy.send(admin, commands);
    return { revision, policyDigest, facts };
  }

  /** The same for a command about a tool of a server. @throws AppError `NOT_FOUND` */
  async ofTool(admin: Admin, slug: string, command: (srv: string) => PolicyCommand) {
    const { srv } = await this.servers.one(admin.principal.org, slug);
    return this.run(admin, command(srv));
  }
}
