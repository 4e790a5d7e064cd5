import { AppError, newId, type ServerEndpoint } from '@portcullis/contracts';
import type { Asking, Catalogues } from '../catalogue/catalogues.js';
import type { GovernedExecution } from '../governed/execution.js';
import type { ScreenedAnswer } from '../governed/screen.js';
import type { ServerDirectory } from '../identity/server-directory.js';
import type { CallLimits } from '../limits/call-limits.js';
import { aggregatedName, slugOf } from '../mcp/aggregated-name.js';
import { isObject, type JsonObject } from '../mcp/json-rpc.js';
import type { ToolDefinition } from '../mcp/tool-definition.js';

export interface ToolCallRequest extends Asking {
  params: JsonObject;
  startedAt: number;
  onNotification: (text: string) => void;
}

/** `tools/call`: steps 4 (limit) and 5 (identify), then the governed ones. */
export class CallTool {
  constructor(
    private readonly limits: CallLimits,
    private readonly catalogues: Catalogues,
    private readonly directory: ServerDirectory,
    private readonly execution: GovernedExecution,
  ) {}

  /** On `/mcp/<slug>`, with the server's own tool names. */
  async onServer(request: ToolCallRequest, endpoint: ServerEndpoint): Promise<ScreenedAnswer> {
    const name = toolName(request.params);
    this.limits.take(request.principal.principal, `${endpoint.srv}/${name}`);
    const tool = await this.catalogues.identify(request, endpoint, name);
    return this.execute(request, endpoint, tool);
  }

  /** On `/mcp`, with `<slug>__<tool>`. */
  async onOrganisation(request: ToolCallRequest): Promise<ScreenedAnswer> {
    const name = toolName(request.params);
    const slug = slugOf(name);
    if (slug === null)
      throw new AppError('INVALID_ARGUMENT', 'Unknown tool: names are <server>__<tool> here.');
    const { principal } = request.principal;
    const endpoint = await this.directory.resolve(principal.org, slug);
    this.limits.take(principal, name);
    const own = name.slice(slug.length + 2);
    const tool =
      aggregatedName(slug, own) === name
        ? await this.catalogues.identify(request, endpoint, own)
        : await this.identifyShortened(request, endpoint, name);
    return this.execute(request, endpoint, tool);
  }

  /** A name that was cut ends in a digest; the tool is the one whose full name gives it. */
  private async identifyShortened(
    request: Asking,
    endpoint: ServerEndpoint,
    name: string,
  ): Promise<ToolDefinition> {
    const tools = await this.catalogues.read(request, endpoint);
    const found = [...tools.values()].find((tool) => aggregatedName(endpoint.slug, tool.name) === name);
    if (found !== undefined) return found;
    throw new AppError('INVALID_ARGUMENT', `Unknown tool: ${endpoint.slug} has no tool of this name.`);
  }

  private execute(
    request: ToolCallRequest,
    endpoint: ServerEndpoint,
    tool: ToolDefinition,
  ): Promise<ScreenedAnswer> {
    return this.execution.run({
      ...request,
      endpoint,
      operation: 'tool.call',
      method: 'tools/call',
      params: { ...request.params, name: tool.name },
      tool,
      call: newId(),
    });
  }
}

function toolName(params: JsonObject): string {
  const { name } = params;
  if (typeof name !== 'string') throw new AppError('INVALID_ARGUMENT', 'params.name must be a string.');
  if (params['arguments'] !== undefined && !isObject(params['arguments'])) {
    throw new AppError('INVALID_ARGUMENT', 'params.arguments must be an object.');
  }
  if (params['requestState'] !== undefined || params['inputResponses'] !== undefined) {
    throw new AppError(
      'INVALID_ARGUMENT',
      'Multi-round requests (requestState, inputResponses) are not supported yet.',
    );
  }
  return name;
}
