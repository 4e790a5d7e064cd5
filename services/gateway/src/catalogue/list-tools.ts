import { AppError, VERBS, type ServerEndpoint, type VerbCaller } from '@portcullis/contracts';
import type { ServerDirectory } from '../identity/server-directory.js';
import { aggregatedName } from '../mcp/aggregated-name.js';
import type { JsonObject } from '../mcp/json-rpc.js';
import type { Asking, Catalogues } from './catalogues.js';

/** `tools/list`: what the servers have, less what policy allows no call of. */
export class ListTools {
  constructor(
    private readonly catalogues: Catalogues,
    private readonly directory: ServerDirectory,
    private readonly caller: VerbCaller,
  ) {}

  /** Tools of one server under its own names. */
  async ofServer(asking: Asking, endpoint: ServerEndpoint): Promise<JsonObject[]> {
    const tools = await this.catalogues.read(asking, endpoint);
    if (tools.size === 0) return [];
    const { allowed } = await this.caller.call(VERBS.filterTools, {
      assertion: asking.principal.assertion,
      srv: endpoint.srv,
      tools: [...tools.values()].map(({ name, digest, annotations }) => ({ name, digest, annotations })),
    });
    return allowed.flatMap((name) => {
      const tool = tools.get(name);
      return tool === undefined ? [] : [tool.definition];
    });
  }

  /**
   * Tools of all servers of the organisation, as `<slug>__<tool>`. A server that fails does not hide the others
   * (threat 20); only when all of them fail is that an error. One that policy denies as a whole has nothing to show.
   */
  async ofOrganisation(asking: Asking): Promise<JsonObject[]> {
    const servers = await this.directory.servers(asking.principal.principal.org);
    const lists = await Promise.allSettled(servers.map((endpoint) => this.named(asking, endpoint)));
    const failures = lists.flatMap((list) => (list.status === 'rejected' ? [asError(list.reason)] : []));
    const revoked = failures.find(({ code }) => code === 'UNAUTHENTICATED');
    if (revoked !== undefined) throw revoked;
    const broken = failures.filter(({ code }) => code !== 'DENIED_BY_POLICY');
    if (broken[0] !== undefined && broken.length === servers.length) throw broken[0];
    return lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : []));
  }

  private async named(asking: Asking, endpoint: ServerEndpoint): Promise<JsonObject[]> {
    const tools = await this.ofServer(asking, endpoint);
    return tools.map((tool) => ({ ...tool, name: aggregatedName(endpoint.slug, tool['name'] as string) }));
  }
}

const asError = (reason: unknown): AppError =>
  reason instanceof AppError
    ? reason
    : new AppError('INTERNAL', 'A server could not be listed.', { cause: reason });
