import {
  AppError,
  VERBS,
  type PolicyState,
  type ToolDefinitionReply,
  type VerbCaller,
} from '@portcullis/contracts';
import type { ReadPolicy } from '../access/read-policy.js';
import type { Admin } from '../authentication/admin.js';
import type { Assertions } from '../authentication/assertions.js';
import type { ReadServers } from '../servers/read-servers.js';

type Definition = Omit<PolicyState['definitions'][number], 'srv'>;

/** What servers have shown of their tools, as policy knows it. */
export class ReadDefinitions {
  constructor(
    private readonly peers: VerbCaller,
    private readonly assertions: Assertions,
    private readonly policy: ReadPolicy,
    private readonly servers: ReadServers,
  ) {}

  /** @throws AppError `NOT_FOUND` */
  async list(
    admin: Admin,
    slug: string,
  ): Promise<{ pinning: PolicyState['servers'][number]['pinning']; definitions: Definition[] }> {
    const { srv } = await this.servers.one(admin.principal.org, slug);
    const { servers, definitions } = await this.policy.run(admin);
    const server = servers.find((one) => one.srv === srv);
    if (server === undefined) throw new AppError('NOT_FOUND', 'The server is not connected in policy.');
    return {
      pinning: server.pinning,
      definitions: definitions
        .filter((one) => one.srv === srv)
        .map(({ tool, pinned, seen }) => ({ tool, pinned, seen })),
    };
  }

  /** @throws AppError `NOT_FOUND` */
  async one(admin: Admin, slug: string, tool: string): Promise<ToolDefinitionReply> {
    const { srv } = await this.servers.one(admin.principal.org, slug);
    const assertion = this.assertions.issue(admin.principal, 'policy');
    return this.peers.call(VERBS.toolDefinition, { assertion, srv, tool });
  }
}
