import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { McpServer as OlderServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';
import { RecordingServer, type ReceivedRequest } from './recording-server.js';

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });
const item = { id: z.string() };
const READ = { description: 'Reads an item', inputSchema: item, annotations: { readOnlyHint: true } };
const WRITE = { description: 'Writes an item', inputSchema: item, annotations: { destructiveHint: false } };

/** A server of 2026-07-28 on the official SDK, stateless. */
export function startModernServer(): Promise<RecordingServer> {
  const handler = createMcpHandler(
    () => {
      const server = new McpServer({ name: 'modern', version: '1' });
      server.registerTool('read_item', { ...READ, inputSchema: z.object(item) }, ({ id }) =>
        text(`modern read ${id}`),
      );
      server.registerTool('write_item', { ...WRITE, inputSchema: z.object(item) }, ({ id }) =>
        text(`modern wrote ${id}`),
      );
      server.registerTool('slow_item', { ...READ, inputSchema: z.object(item) }, async ({ id }, ctx) => {
        const progressToken = ctx.mcpReq._meta?.progressToken;
        for (const progress of [1, 2]) {
          if (progressToken === undefined) break;
          await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress } });
        }
        return text(`modern slowly read ${id}`);
      });
      const region = z.string().meta({ 'x-mcp-header': 'Region' });
      server.registerTool('regional', { ...READ, inputSchema: z.object({ region }) }, ({ region: where }) =>
        text(`modern in ${where}`),
      );
      return server;
    },
    { legacy: 'reject' },
  );
  return RecordingServer.start(async (received, response) => {
    const answer = await handler.fetch(asWebRequest(received));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    if (answer.body !== null) for await (const chunk of answer.body) response.write(chunk);
    response.end();
  });
}

/** A server of 2025-11-25 on the older SDK, with sessions and answers as events. */
export async function startLegacyServer(): Promise<RecordingServer & { sessions: Set<string> }> {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const sessions = new Set<string>();
  const open = async (): Promise<StreamableHTTPServerTransport> => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => {
        transports.set(id, transport);
        sessions.add(id);
      },
    });
    await olderServer().connect(transport);
    return transport;
  };
  const server = await RecordingServer.start(async ({ headers, body }, response, raw) => {
    const id = headers['mcp-session-id'];
    const known = typeof id === 'string' && sessions.has(id) ? transports.get(id) : undefined;
    if (known === undefined && body?.method !== 'initialize') return unknownSession(response, id);
    await (known ?? (await open())).handleRequest(raw.request, response, body);
  });
  return Object.assign(server, { sessions });
}

function unknownSession(response: ServerResponse, id: unknown): void {
  const error = { code: -32000, message: 'No valid session ID provided' };
  response.writeHead(id === undefined ? 400 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', error, id: null }));
}

function olderServer(): OlderServer {
  const server = new OlderServer({ name: 'legacy', version: '1' });
  server.registerTool('read_item', READ, ({ id }) => text(`legacy read ${id}`));
  server.registerTool('write_item', WRITE, ({ id }) => text(`legacy wrote ${id}`));
  server.registerTool('slow_item', READ, async ({ id }, extra) => {
    const progressToken = extra._meta?.progressToken;
    for (const progress of [1, 2]) {
      if (progressToken === undefined) break;
      await extra.sendNotification({ method: 'notifications/progress', params: { progressToken, progress } });
    }
    return text(`legacy slowly read ${id}`);
  });
  return server;
}

function asWebRequest({ method, headers, body }: ReceivedRequest): Request {
  const list = new Headers();
  for (const [name, value] of Object.entries(headers)) list.set(name, String(value));
  return new Request('http://upstream.test/mcp', {
    method,
    headers: list,
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  });
}
