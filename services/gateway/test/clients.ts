import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const ME = { name: 'test', version: '1' };

const withKey = (key: string) => ({ requestInit: { headers: { authorization: `Bearer ${key}` } } });

/** The two official clients, as far as the tests need them. */
export interface OfficialClient {
  names(): Promise<string[]>;
  call(
    name: string,
    args: Record<string, unknown>,
    onprogress?: (it: { progress: number }) => void,
  ): Promise<string>;
  close(): Promise<void>;
}

export async function modernClient(url: URL, key: string): Promise<OfficialClient> {
  const client = new Client(ME, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(new StreamableHTTPClientTransport(url, withKey(key)));
  return {
    names: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args, onprogress) =>
      textOf(
        await client.callTool({ name, arguments: args }, onprogress === undefined ? {} : { onprogress }),
      ),
    close: () => client.close(),
  };
}

export async function olderClient(url: URL, key: string): Promise<OfficialClient> {
  const client = new OlderClient(ME);
  await client.connect(new OlderTransport(url, withKey(key)));
  return {
    names: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args, onprogress) =>
      textOf(
        await client.callTool(
          { name, arguments: args },
          undefined,
          onprogress === undefined ? {} : { onprogress },
        ),
      ),
    close: () => client.close(),
  };
}

export const textOf = (result: unknown): string =>
  (result as { content: { text: string }[] }).content.map(({ text }) => text).join();

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: { id?: unknown; result?: Record<string, unknown>; error?: RpcError };
}

export interface RpcError {
  code: number;
  message: string;
  data: Record<string, unknown>;
}

export interface RawRequest {
  method?: string;
  headers?: OutgoingHttpHeaders;
  /** Sent as it is; objects as JSON. */
  body?: unknown;
  signal?: AbortSignal;
}

/** One HTTP request, with whatever headers a test wants (fetch would choose Host and others by itself). */
export function send(url: URL, { method = 'POST', headers, body, signal }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const options = { method, headers: { 'content-type': 'application/json', ...headers } };
    const outgoing = httpRequest(
      url,
      { ...options, ...(signal === undefined ? {} : { signal }) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const type = response.headers['content-type'] ?? '';
          const json = (type.includes('json') && text !== '' ? JSON.parse(text) : {}) as RawAnswer['json'];
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
  });
}

/** A client of 2025-11-25 that sends one request, with a handshake behind it or not: the gateway keeps no session. */
export function rpc(
  url: URL,
  key: string,
  message: { method: string; params?: unknown; id?: unknown },
  more: Partial<RawRequest> = {},
): Promise<RawAnswer> {
  return send(url, {
    ...more,
    headers: {
      authorization: `Bearer ${key}`,
      accept: 'application/json, text/event-stream',
      ...more.headers,
    },
    body: { jsonrpc: '2.0', id: 1, ...message },
  });
}

export const callTool = (
  url: URL,
  key: string,
  name: string,
  args: Record<string, unknown> = {},
): Promise<RawAnswer> => rpc(url, key, { method: 'tools/call', params: { name, arguments: args } });

/** `_meta` and headers of a request of 2026-07-28. */
export function modernRequest(method: string, params: Record<string, unknown> = {}) {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const name = typeof params['name'] === 'string' ? { 'mcp-name': params['name'] } : {};
  return {
    message: { method, params: { ...params, _meta: meta } },
    headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...name },
  };
}
