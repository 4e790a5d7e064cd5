import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { sendWebResponse, toWebRequest } from '../../src/samples/web-request.js';

/** That a tool ran, by the upstream's own account. */
export interface Effect {
  tool: string;
  nonce: string;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface UpstreamOptions {
  tools: readonly string[];
  /** File with the SHA-256 of the token it wants, or null when it wants none. */
  tokenHashFile: string | null;
}

const argument = z.object({ nonce: z.string(), pad: z.string() });

/** An MCP server that keeps book of each execution with the nonce of the call. */
export class RecordingUpstream {
  readonly effects: Effect[] = [];

  private constructor(private readonly server: Server) {}

  static async start(options: UpstreamOptions): Promise<RecordingUpstream> {
    const server = createServer();
    const upstream = new RecordingUpstream(server);
    const mcp = createMcpHandler(() => upstream.#tools(options.tools));
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (!isAuthorised(request, options.tokenHashFile)) return response.writeHead(401).end();
      mcp
        .fetch(toWebRequest(request, response))
        .then((answer) => sendWebResponse(answer, response))
        .catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return upstream;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #tools(names: readonly string[]): McpServer {
    const server = new McpServer({ name: 'recording', version: '1.0.0' });
    for (const tool of names) {
      server.registerTool(tool, { description: tool, inputSchema: argument }, ({ nonce }) => {
        this.effects.push({ tool, nonce, at: Date.now() });
        return { content: [{ type: 'text', text: `done ${nonce}` }] };
      });
    }
    return server;
  }
}

function isAuthorised(request: IncomingMessage, hashFile: string | null): boolean {
  if (hashFile === null) return true;
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  return createHash('sha256').update(token).digest('base64url') === readFileSync(hashFile, 'utf8');
}
