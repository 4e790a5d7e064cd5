import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { Notes } from './notes.js';
import { notesTools } from './notes-tools.js';
import { sendWebResponse, toWebRequest } from './web-request.js';

export interface NotesServerOptions {
  /**
   * SHA-256 of the token that a client has to present as `Authorization: Bearer …`, or undefined while there is none.
   * Asked at each request: the token itself is in the vault alone, and another one may be put there.
   */
  tokenHash: () => Buffer | undefined;
  /** On 127.0.0.1; 0 = any free one. */
  port: number;
}

export interface RunningNotesServer {
  port: number;
  close: () => Promise<void>;
}

/**
 * A small MCP server that wants a credential, as most do: it stands for a company's own server in the embedded shape.
 * Serves clients of 2026-07-28 and of 2025-11-25 and earlier at `/mcp`; anything without the token gets 401.
 */
export async function startNotesServer({ tokenHash, port }: NotesServerOptions): Promise<RunningNotesServer> {
  const notes = new Notes();
  notes.create('Welcome', 'This note came through Portcullis.');
  notes.create('Shopping', 'Milk, bread, a portcullis.');
  const mcp = createMcpHandler(() => notesTools(notes));
  const server = createServer((request, response) => {
    if (!isAuthorised(request, tokenHash())) return refuse(response);
    mcp
      .fetch(toWebRequest(request, response))
      .then((answer) => sendWebResponse(answer, response))
      // The client left in the middle of an answer: there is nobody to tell.
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server, () => mcp.close()) };
}

async function close(server: Server, closeHandler: () => Promise<void>): Promise<void> {
  await closeHandler();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** Compared as digests of equal length, so that the time tells nothing about the token. */
function isAuthorised(request: IncomingMessage, expected: Buffer | undefined): boolean {
  const presented = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (presented === undefined || expected?.length !== 32) return false;
  return timingSafeEqual(createHash('sha256').update(presented).digest(), expected);
}

function refuse(response: ServerResponse): void {
  response.writeHead(401, { 'www-authenticate': 'Bearer realm="notes"', 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: 'invalid_token' }));
}
