import {
  groupsOf,
  VERBS,
  type GroupBounds,
  type ServerEndpoint,
  type VerbCalls,
} from '@portcullis/contracts';
import type { ToolDefinition } from '../mcp/tool-definition.js';
import type { Asking } from './catalogues.js';

/** Tools whose definition is remembered as told. */
const MAX_TOLD = 50_000;
/** Of one message: bounds of the verb, with room for the assertion. */
const MESSAGE: GroupBounds<ToolDefinition> = {
  maxItems: 500,
  maxSize: 850 * 1024,
  sizeOf: ({ definition }) => Buffer.byteLength(JSON.stringify(definition), 'utf8'),
};

/**
 * Tells policy how servers describe their tools, each change once: what it sees first it pins, what differs from that it
 * quarantines. Nothing of a catalogue is shown or called before policy has heard of it.
 */
export class ToolSightings {
  /** Tool → digest that policy was told last. */
  private readonly told = new Map<string, string>();

  constructor(private readonly caller: VerbCalls) {}

  /** @throws AppError `UNAVAILABLE`, `DEADLINE_EXCEEDED`: then the catalogue is of no use yet */
  async report(asking: Asking, endpoint: ServerEndpoint, tools: Iterable<ToolDefinition>): Promise<void> {
    const { org } = asking.principal.principal;
    const keyOf = ({ name }: ToolDefinition): string => `${org} ${endpoint.srv} ${name}`;
    const news = [...tools].filter((tool) => this.told.get(keyOf(tool)) !== tool.digest);
    for (const group of groupsOf(news, MESSAGE)) {
      await this.caller.call(
        VERBS.observeTools,
        {
          assertion: asking.principal.assertion,
          srv: endpoint.srv,
          tools: group.map(({ definition }) => definition),
        },
        { timeoutMs: Math.max(1, asking.deadline - Date.now()) },
      );
      group.forEach((tool) => this.remember(keyOf(tool), tool.digest));
    }
  }

  private remember(key: string, digest: string): void {
    this.told.delete(key);
    this.told.set(key, digest);
    const oldest = this.told.keys().next().value;
    if (this.told.size > MAX_TOLD && oldest !== undefined) this.told.delete(oldest);
  }
}
