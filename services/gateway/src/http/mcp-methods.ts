import { AppError, type ServerEndpoint } from '@portcullis/contracts';
import type { CallTool } from '../calls/call-tool.js';
import type { Asking } from '../catalogue/catalogues.js';
import type { ListTools } from '../catalogue/list-tools.js';
import { isComplete, type ScreenedAnswer } from '../governed/screen.js';
import type { CallLimits } from '../limits/call-limits.js';
import type { Era } from '../mcp/era.js';
import { discoverResult, initializeResult } from '../mcp/handshake.js';
import { isObject, resultText, type JsonObject, type RpcRequest } from '../mcp/json-rpc.js';
import { withId, withResultMembers } from '../mcp/message-text.js';

/** A request that has been authenticated, resolved and read. */
export interface McpRequest extends Asking {
  message: RpcRequest;
  era: Era;
  /** Null on the aggregated endpoint. */
  endpoint: ServerEndpoint | null;
  startedAt: number;
  onNotification: (text: string) => void;
  /** A header of the request by its name in lower case. */
  headerOf: (name: string) => string | undefined;
}

/** The methods of MCP that are served. Everything else is refused: nothing passes ungoverned. */
export class McpMethods {
  constructor(
    private readonly listTools: ListTools,
    private readonly callTool: CallTool,
    private readonly limits: CallLimits,
  ) {}

  /** Text of the JSON-RPC answer. @throws AppError; the caller turns it into a JSON-RPC error */
  async answer(request: McpRequest): Promise<string> {
    const { message, era } = request;
    switch (message.method) {
      case 'tools/list':
        return resultText(message.id, listResult(era, await this.list(request)));
      case 'tools/call':
        return forClient(request, await this.call(request));
      case 'initialize':
        return resultText(message.id, this.initialize(request));
      case 'server/discover':
        return resultText(message.id, discoverResult());
      case 'ping':
        return resultText(message.id, era === 'modern' ? { resultType: 'complete' } : {});
      default:
        throw new AppError(
          'METHOD_NOT_FOUND',
          `${message.method} is not served: Portcullis governs tools/list and tools/call so far, and lets nothing else pass.`,
        );
    }
  }

  private initialize({ era, message }: McpRequest): JsonObject {
    if (era === 'legacy') return initializeResult(message.params);
    throw new AppError(
      'METHOD_NOT_FOUND',
      'initialize has no place in protocol revision 2026-07-28; use server/discover.',
    );
  }

  private async list(request: McpRequest): Promise<JsonObject[]> {
    this.limits.take(request.principal.principal, 'tools/list');
    return request.endpoint === null
      ? this.listTools.ofOrganisation(request)
      : this.listTools.ofServer(request, request.endpoint);
  }

  private call(request: McpRequest): Promise<ScreenedAnswer> {
    const call = { ...request, params: request.message.params };
    return request.endpoint === null
      ? this.callTool.onOrganisation(call)
      : this.callTool.onServer(call, request.endpoint);
  }
}

function listResult(era: Era, tools: JsonObject[]): JsonObject {
  // Private and not to be kept: the next list may differ, for this principal and for others.
  return era === 'modern' ? { resultType: 'complete', tools, ttlMs: 0, cacheScope: 'private' } : { tools };
}

/** Legacy servers ask so for a visit to a web page: it would be theirs to choose, unseen by policy. */
const URL_ELICITATION_REQUIRED = -32042;

/** The upstream's own text with the client's id, and with what the client's era wants in a result. */
function forClient({ message, era }: McpRequest, answer: ScreenedAnswer): string {
  const { result, error } = answer.message;
  const asks = isObject(error) && error['code'] === URL_ELICITATION_REQUIRED;
  if (asks || (isObject(result) && !isComplete(result))) {
    throw new AppError('UPSTREAM_ERROR', 'The server asks for more input, which is not supported yet.');
  }
  const text = withId(answer.text, message.id);
  return era === 'modern' ? withResultMembers(text, { resultType: 'complete' }) : text;
}
