import { AppError, newId, type ServerEndpoint } from '@portcullis/contracts';
import type { GovernedExecution } from '../governed/execution.js';
import type { ClientFacts } from '../governed/governed-call.js';
import type { AuthenticatedPrincipal } from '../identity/principals.js';
import { isObject, type JsonObject } from '../mcp/json-rpc.js';
import { readToolDefinition, type ToolDefinition } from '../mcp/tool-definition.js';
import type { ToolSightings } from './tool-sightings.js';

/** Who asks for a catalogue, and until when it must be there. */
export interface Asking {
  principal: AuthenticatedPrincipal;
  client: ClientFacts;
  signal: AbortSignal;
  deadline: number;
}

/** How long a catalogue serves to identify tools of calls; `tools/list` always asks the server. */
const KEEP_MS = 30_000;
const MAX_HELD = 2000;
/** A server that pages for ever is cut off. */
const MAX_PAGES = 20;
const MAX_TOOLS = 2000;

interface Held {
  tools: ReadonlyMap<string, ToolDefinition>;
  org: string;
  until: number;
}

/**
 * Tools of upstream servers as one principal sees them: a server may show different tools to different credentials, so
 * nothing is shared between principals (threat 8). Reading a catalogue is a governed, recorded operation of its own.
 */
export class Catalogues {
  private readonly held = new Map<string, Held>();
  /** Counts what was forgotten: a catalogue whose reading began before is not kept. */
  private forgotten = 0;

  constructor(
    private readonly execution: GovernedExecution,
    private readonly sightings: ToolSightings,
    /** How long reading one may take: a server that hangs must not make others wait for the client's own deadline. */
    private readonly deadlineMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Step 5. @throws AppError `INVALID_ARGUMENT` for a tool that the server does not have */
  async identify(asking: Asking, endpoint: ServerEndpoint, name: string): Promise<ToolDefinition> {
    const known = this.held.get(keyOf(asking, endpoint));
    const held = known !== undefined && known.until > this.now() ? known.tools.get(name) : undefined;
    if (held !== undefined) return held;
    const tool = (await this.read(asking, endpoint)).get(name);
    if (tool !== undefined) return tool;
    throw new AppError('INVALID_ARGUMENT', `Unknown tool: ${endpoint.slug} has no tool of this name.`);
  }

  /** Asks the server. Tools without a usable name or definition are left out: they could not be governed. */
  async read(asking: Asking, endpoint: ServerEndpoint): Promise<ReadonlyMap<string, ToolDefinition>> {
    const tools = new Map<string, ToolDefinition>();
    let cursor: string | undefined;
    const { forgotten } = this;
    const deadline = Math.min(asking.deadline, Date.now() + this.deadlineMs);
    for (let page = 0; page < MAX_PAGES && tools.size < MAX_TOOLS; page += 1) {
      const result = await this.page({ ...asking, deadline }, endpoint, cursor);
      collect(tools, result['tools']);
      if (typeof result['nextCursor'] !== 'string') break;
      cursor = result['nextCursor'];
    }
    await this.sightings.report(asking, endpoint, tools.values());
    if (forgotten === this.forgotten) this.remember(asking, endpoint, tools);
    return tools;
  }

  /** Catalogues that members of these organisations see, or of all (null), are read anew. */
  forgetChanged(changed: readonly string[] | null): void {
    this.forgotten += 1;
    for (const [key, { org }] of this.held) {
      if (changed === null || changed.includes(org)) this.held.delete(key);
    }
  }

  private async page(
    asking: Asking,
    endpoint: ServerEndpoint,
    cursor: string | undefined,
  ): Promise<JsonObject> {
    const answer = await this.execution.run({
      ...asking,
      endpoint,
      operation: 'catalog.read',
      method: 'tools/list',
      params: cursor === undefined ? {} : { cursor },
      tool: null,
      call: newId(),
      startedAt: this.now(),
    });
    const { result } = answer.message;
    if (isObject(result)) return result;
    throw new AppError('UPSTREAM_ERROR', `${endpoint.slug} did not list its tools.`);
  }

  private remember(
    asking: Asking,
    endpoint: ServerEndpoint,
    tools: ReadonlyMap<string, ToolDefinition>,
  ): void {
    const key = keyOf(asking, endpoint);
    const { org } = asking.principal.principal;
    this.held.delete(key);
    this.held.set(key, { tools, org, until: this.now() + KEEP_MS });
    const oldest = this.held.keys().next().value;
    if (this.held.size > MAX_HELD && oldest !== undefined) this.held.delete(oldest);
  }
}

function collect(tools: Map<string, ToolDefinition>, values: unknown): void {
  for (const value of Array.isArray(values) ? values : []) {
    if (tools.size === MAX_TOOLS) return;
    const tool = readToolDefinition(value);
    if (tool !== null && !tools.has(tool.name)) tools.set(tool.name, tool);
  }
}

const keyOf = ({ principal }: Asking, endpoint: ServerEndpoint): string =>
  `${endpoint.srv} ${endpoint.url} ${principal.principal.org} ${principal.principal.sub}`;
