// A proxy of the kind that the official SDK suggests, which decides, records and opens nothing: its server on one side,
// its client on the other, forwarding tools/list and tools/call. Set up as cheaply as the SDK allows: the handler for
// 2026-07-28, which takes a new low-level Server for each request and no more; a body that is parsed once; one connected
// client per upstream for all calls; requests of the client's that look into no list of tools; connections that are kept.
import { createServer } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createMcpHandler, Server } from '@modelcontextprotocol/server';
import { INFO, VERSION } from './mcp-2026.mjs';
import { readText, serveForParent } from './serve-for-parent.mjs';

const PATHS = ['/instant', '/slow'];

async function handlerFor(path) {
  const client = new Client(INFO, { versionNegotiation: { mode: { pin: VERSION } } });
  await client.connect(new StreamableHTTPClientTransport(new URL(path, process.env.UPSTREAM)));
  const server = () => {
    const front = new Server(INFO, { capabilities: { tools: {} } });
    front.setRequestHandler('tools/list', ({ params }) => client.request({ method: 'tools/list', params }));
    front.setRequestHandler('tools/call', ({ params }) => client.request({ method: 'tools/call', params }));
    return front;
  };
  return createMcpHandler(server, { legacy: 'reject' });
}

const handlers = new Map();
for (const path of PATHS) handlers.set(path, await handlerFor(path));

async function answer(request, response) {
  const parsedBody = JSON.parse(await readText(request));
  const { url, method, headers } = request;
  const asked = new Request(`http://${headers.host}${url}`, { method, headers });
  const given = await handlers.get(url).fetch(asked, { parsedBody });
  const body = Buffer.from(await given.arrayBuffer());
  response.writeHead(given.status, {
    ...Object.fromEntries(given.headers),
    'content-length': body.byteLength,
  });
  response.end(body);
}

serveForParent(createServer((request, response) => void answer(request, response)));
