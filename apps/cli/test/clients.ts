import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client';
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

/** The two official MCP clients behind one face. */
export interface McpClient {
  tools(): Promise<string[]>;
  /** Text of the first content block. @throws the JSON-RPC error */
  call(name: string, args?: Record<string, unknown>): Promise<string>;
  /** Protocol version that was negotiated. */
  version(): string | undefined;
  close(): Promise<void>;
}

interface Sdk {
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  close(): Promise<void>;
}

const INFO = { name: 'portcullis-test', version: '1.0.0' };
const bearer = (key: string) => ({ requestInit: { headers: { Authorization: `Bearer ${key}` } } });

/** `@modelcontextprotocol/client` 2.x, held to 2026-07-28. */
export async function modernClient(url: string, key: string): Promise<McpClient> {
  const client = new ModernClient(INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(new ModernTransport(new URL(url), bearer(key)));
  return face(client as unknown as Sdk, () => client.getNegotiatedProtocolVersion());
}

/** `@modelcontextprotocol/sdk` 1.x: 2025-11-25. */
export async function olderClient(url: string, key: string): Promise<McpClient> {
  const client = new OlderClient(INFO);
  const transport = new OlderTransport(new URL(url), bearer(key));
  await client.connect(transport as unknown as Parameters<OlderClient['connect']>[0]);
  return face(client as unknown as Sdk, () => transport.protocolVersion);
}

function face(client: Sdk, version: () => string | undefined): McpClient {
  return {
    tools: async () => (await client.listTools()).tools.map((tool) => tool.name).sort(),
    call: async (name, args = {}) => {
      const result = (await client.callTool({ name, arguments: args })) as { content: { text: string }[] };
      return result.content[0]?.text ?? '';
    },
    version,
    close: () => client.close(),
  };
}
