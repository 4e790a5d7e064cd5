import type { ServerResponse } from 'node:http';
import { RecordingServer, type ReceivedRequest } from './recording-server.js';

type Call = (request: ReceivedRequest, response: ServerResponse) => void | Promise<void>;

export interface Script {
  /** Resolves when the handshake may go on. */
  handshake?: () => Promise<void>;
  /** Names of the tools it lists. */
  tools?: string[];
  /** Answers tools/list instead of the names above. */
  list?: Call;
  /** Answers tools/call. */
  call?: Call;
}

export function answerJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export const answerText = ({ body }: ReceivedRequest, response: ServerResponse, text: string): void =>
  answerJson(response, {
    jsonrpc: '2.0',
    id: body?.id,
    result: { content: [{ type: 'text', text }] },
  });

export const asEvent = (message: unknown): string => `event: message\ndata: ${JSON.stringify(message)}\n\n`;

const resultOf =
  (result: unknown): Call =>
  ({ body }, response) =>
    answerJson(response, { jsonrpc: '2.0', id: body?.id, result });

const INITIALIZED = {
  protocolVersion: '2025-06-18',
  capabilities: { tools: {} },
  serverInfo: { name: 'scripted', version: '1' },
};

/** A plain-JSON server of 2025-11-25 without sessions, that does exactly what a test wants, wrong things too. */
export function startScriptedServer(script: Script): Promise<RecordingServer> {
  const methods = new Map<string | undefined, Call>([
    [
      'initialize',
      async (request, response) => {
        await script.handshake?.();
        return resultOf(INITIALIZED)(request, response);
      },
    ],
    ['notifications/initialized', (_request, response) => void response.writeHead(202).end()],
    ['tools/list', script.list ?? resultOf({ tools: (script.tools ?? []).map(toolNamed) })],
    ['tools/call', script.call ?? ((request, response) => answerText(request, response, 'done'))],
  ]);
  return RecordingServer.start((request, response) =>
    (methods.get(request.body?.method) ?? unknownMethod)(request, response),
  );
}

const unknownMethod: Call = ({ body }, response) =>
  answerJson(response, {
    jsonrpc: '2.0',
    id: body?.id ?? null,
    error: { code: -32601, message: 'Method not found' },
  });

export const toolNamed = (name: string) => ({ name, inputSchema: { type: 'object' } });
