// An MCP server (2026-07-28) with one tool that echoes, as cheap as it can be: what is measured is what stands before it.
// /instant answers at once, /slow after UPSTREAM_DELAY_MS; both want BENCH_TOKEN at /instant-token and /slow-token.
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { INFO, TOOL, VERSION } from './mcp-2026.mjs';
import { readText, serveForParent } from './serve-for-parent.mjs';

const AUTHORIZATION = `Bearer ${process.env.BENCH_TOKEN}`;
const DELAY_MS = Number(process.env.UPSTREAM_DELAY_MS);
const ENDPOINTS = new Map([
  ['/instant', { ms: 0, wantsToken: false }],
  ['/slow', { ms: DELAY_MS, wantsToken: false }],
  ['/instant-token', { ms: 0, wantsToken: true }],
  ['/slow-token', { ms: DELAY_MS, wantsToken: true }],
]);

const COMPLETE = { resultType: 'complete' };
const NOT_TO_BE_KEPT = { ttlMs: 0, cacheScope: 'private' };
const ECHO = {
  name: TOOL,
  description: 'Gives back what it gets.',
  inputSchema: { type: 'object', properties: { message: { type: 'string' } }, required: ['message'] },
  annotations: { readOnlyHint: true },
};

const METHODS = {
  'server/discover': () => ({
    ...COMPLETE,
    ...NOT_TO_BE_KEPT,
    supportedVersions: [VERSION],
    capabilities: { tools: {} },
    _meta: { 'io.modelcontextprotocol/serverInfo': INFO },
  }),
  'tools/list': () => ({ ...COMPLETE, ...NOT_TO_BE_KEPT, tools: [ECHO] }),
  'tools/call': ({ arguments: { message } }) => ({ ...COMPLETE, content: [{ type: 'text', text: message }] }),
};

async function answer(request, response) {
  const endpoint = ENDPOINTS.get(request.url);
  if (endpoint === undefined || request.method !== 'POST') return void response.writeHead(404).end();
  if (endpoint.wantsToken && request.headers.authorization !== AUTHORIZATION) {
    return void response.writeHead(401).end();
  }
  const { id, method, params } = JSON.parse(await readText(request));
  if (id === undefined) return void response.writeHead(202).end();
  const result = METHODS[method]?.(params);
  if (method === 'tools/call' && endpoint.ms > 0) await delay(endpoint.ms);
  const body = result === undefined ? { error: { code: -32601, message: 'Method not found' } } : { result };
  const text = JSON.stringify({ jsonrpc: '2.0', id, ...body });
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

serveForParent(createServer((request, response) => void answer(request, response)));
