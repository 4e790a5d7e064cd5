import type { ServerResponse } from 'node:http';
import { RecordingServer, type ReceivedRequest } from './recording-server.js';

type Call = (request: ReceivedRequest, response: ServerResponse) => void | Promise<void>;

export interface Script {
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

/** A plain-JSON server of 2025-11-25 without sessions, that does exactly what a test wants, wrong things too. */
export function startScriptedServer(script: Script): Promise<RecordingServer> {
  return RecordingServer.start(async (request, response) => {
    const { body } = request;
    const reply = (result: unknown): void => answerJson(response, { jsonrpc: '2.0', id: body?.id, result });
    switch (body?.method) {
      case 'initialize':
        return reply({
          protocolVersion: '2025-06-18',
          capabilities: { tools: {} },
          serverInfo: { name: 'scripted', version: '1' },
        });
      case 'notifications/initialized':
        response.writeHead(202).end();
        return;
      case 'tools/list':
        if (script.list !== undefined) return script.list(request, response);
        return reply({ tools: (script.tools ?? []).map(toolNamed) });
      case 'tools/call':
        if (script.call !== undefined) return script.call(request, response);
        return answerText(request, response, 'done');
      default:
        return answerJson(response, {
          jsonrpc: '2.0',
          id: body?.id ?? null,
          error: { code: -32601, message: 'Method not found' },
        });
    }
  });
}

export const toolNamed = (name: string) => ({ name, inputSchema: { type: 'object' } });
