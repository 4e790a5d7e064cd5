import { AppError, newId, type ServerEndpoint } from '@portcullis/contracts';
import type { Asking, Catalogues } from '../catalogue/catalogues.js';
import type { GovernedExecution } from '../governed/execution.js';
import type { ScreenedAnswer } from '../governed/screen.js';
import type { ServerDirectory } from '../identity/server-directory.js';
import type { CallLimits } from '../limits/call-limits.js';
import { aggregatedName, slugOf } from '../mcp/aggregated-name.js';
import type { Era } from '../mcp/era.js';
import { isObject, type JsonObject } from '../mcp/json-rpc.js';
import { checkParamHeaders } from '../mcp/param-headers.js';
import type { CallTelemetry } from '../telemetry/call-telemetry.js';
import type { ToolDefinition } from '../mcp/tool-definition.js';

export interface ToolCallRequest extends Asking {
  params: JsonObject;
  era: Era;
  /** A header of the client's request by its name in lower case. */
  headerOf: (name: string) => string | undefined;
  startedAt: number;
  onNotification: (text: string) => void;
}

export interface CallToolParts {
  limits: CallLimits;
  catalogues: Catalogues;
  directory: ServerDirectory;
  execution: GovernedExecution;
  telemetry: Pick<CallTelemetry, 'step' | 'note'>;
}

/** `tools/call`: steps 4 (limit) and 5 (identify), then the governed ones. */
export class CallTool {
  constructor(private readonly parts: CallToolParts) {}

  /** On `/mcp/<slug>`, with the server's own tool names. */
  async onServer(request: ToolCallRequest, endpoint: ServerEndpoint): Promise<ScreenedAnswer> {
    const name = toolName(request.params);
    const { limits, catalogues, telemetry } = this.parts;
    telemetry.step('limit', () => limits.take(request.principal.principal, `${endpoint.slug}__${name}`));
    const tool = await telemetry.step('identify', () => catalogues.identify(request, endpoint, name));
    return this.execute(request, endpoint, tool);
  }

  /** On `/mcp`, with `<slug>__<tool>`. */
  async onOrganisation(request: ToolCallRequest): Promise<ScreenedAnswer> {
    const name = toolName(request.params);
    const slug = slugOf(name);
    if (slug === null) throw invalid('Unknown tool: names are <server>__<tool> here.');
    const { limits, catalogues, directory, telemetry } = this.parts;
    const { principal } = request.principal;
    const endpoint = await telemetry.step('resolve', () => directory.resolve(principal.org, slug));
    telemetry.step('limit', () => limits.take(principal, name));
    const own = name.slice(slug.length + 2);
    const tool = await telemetry.step('identify', () =>
      aggregatedName(slug, own) === name
        ? catalogues.identify(request, endpoint, own)
        : this.identifyShortened(request, endpoint, name),
    );
    return this.execute(request, endpoint, tool);
  }

  /** A name that was cut ends in a digest; the tool is the one whose full name gives it. */
  private async identifyShortened(
    request: Asking,
    endpoint: ServerEndpoint,
    name: string,
  ): Promise<ToolDefinition> {
    const tools = await this.parts.catalogues.read(request, endpoint);
    const found = [...tools.values()].find((tool) => aggregatedName(endpoint.slug, tool.name) === name);
    if (found !== undefined) return found;
    throw invalid(`Unknown tool: ${endpoint.slug} has no tool of this name.`);
  }

  private async execute(
    request: ToolCallRequest,
    endpoint: ServerEndpoint,
    tool: ToolDefinition,
  ): Promise<ScreenedAnswer> {
    const { arguments: args, _meta: meta } = request.params;
    if (request.era === 'modern') {
      checkParamHeaders(tool.definition['inputSchema'], isObject(args) ? args : {}, request.headerOf);
    }
    const call = newId();
    this.parts.telemetry.note({
      'portcullis.org': request.principal.principal.org,
      'portcullis.server': endpoint.srv,
      'portcullis.tool': tool.name,
      'portcullis.call': call,
    });
    return this.parts.execution.run({
      ...request,
      endpoint,
      operation: 'tool.call',
      method: 'tools/call',
      params: {
        name: tool.name,
        ...(args === undefined ? {} : { arguments: args }),
        ...(meta === undefined ? {} : { _meta: meta }),
      },
      tool,
      call,
    });
  }
}

/** What policy sees and the record shows. Anything else could change what a call does without being decided on. */
const GOVERNED_PARAMS = ['name', 'arguments', '_meta'];
/** Longest aggregated or own name; it also becomes the key of a rate limit. */
const NAME = /^[A-Za-z0-9_./-]{1,128}$/;

function toolName(params: JsonObject): string {
  const { name, arguments: args, _meta: meta } = params;
  if (typeof name !== 'string' || !NAME.test(name))
    throw invalid('params.name must be 1 to 128 of A-Z a-z 0-9 _ - . /');
  if (args !== undefined && !isObject(args)) throw invalid('params.arguments must be an object.');
  if (meta !== undefined && !isObject(meta)) throw invalid('params._meta must be an object.');
  const other = Object.keys(params).find((key) => !GOVERNED_PARAMS.includes(key));
  if (other === undefined) return name;
  throw invalid(
    `params.${other.slice(0, 64)} is not supported: no tasks and no multi-round requests so far.`,
  );
}

const invalid = (message: string): AppError => new AppError('INVALID_ARGUMENT', message);
