import { createHash } from 'node:crypto';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { startNotesServer, type RunningNotesServer } from './notes-server.js';

const TOKEN = 'a-token-of-the-notes-server';

let server: RunningNotesServer;
let url: URL;
let hash: Buffer | undefined;

beforeEach(async () => {
  hash = createHash('sha256').update(TOKEN).digest();
  server = await startNotesServer({ tokenHash: () => hash, port: 0 });
  url = new URL(`http://127.0.0.1:${server.port}/mcp`);
});

afterEach(() => server.close());

const authorised = { requestInit: { headers: { authorization: `Bearer ${TOKEN}` } } };
const textOf = (result: unknown): unknown => {
  const { content } = result as { content: { text: string }[] };
  return JSON.parse(content[0]!.text);
};

it.each([
  ['no token', {}],
  ['another token', { authorization: 'Bearer another' }],
  ['another scheme', { authorization: `Basic ${TOKEN}` }],
  ['the token twice', { authorization: `Bearer ${TOKEN}, Bearer ${TOKEN}` }],
])('refuses %s with 401', async (_what, headers) => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  });
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
});

it('lets nobody in while it knows no token', async () => {
  hash = undefined;
  const response = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } });
  expect(response.status).toBe(401);
});

describe.each([
  [
    '2026-07-28',
    async () => {
      const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
      await client.connect(new StreamableHTTPClientTransport(url, authorised));
      return client;
    },
  ],
  [
    '2025-11-25',
    async () => {
      const client = new OlderClient({ name: 'test', version: '1' });
      await client.connect(new OlderTransport(url, authorised));
      return client;
    },
  ],
])('a client of %s', (_era, connect) => {
  it('finds four tools with honest annotations', async () => {
    const client = await connect();
    const { tools } = await client.listTools();
    const hints = tools.map(({ name, annotations }) => [
      name,
      annotations?.readOnlyHint,
      annotations?.destructiveHint,
    ]);
    expect(hints).toEqual([
      ['list_notes', true, undefined],
      ['read_note', true, undefined],
      ['create_note', false, false],
      ['delete_note', false, true],
    ]);
    await client.close();
  });

  it('lists, writes, reads and deletes', async () => {
    const client = await connect();
    const call = (name: string, args: Record<string, unknown>) => client.callTool({ name, arguments: args });
    const created = textOf(await call('create_note', { title: 'T', text: 'X' })) as { note: { id: number } };
    expect(textOf(await call('read_note', { id: created.note.id }))).toEqual({
      note: { id: created.note.id, title: 'T', text: 'X' },
    });
    await call('delete_note', { id: created.note.id });
    expect(await call('read_note', { id: created.note.id })).toMatchObject({ isError: true });
    expect((textOf(await call('list_notes', {})) as { notes: unknown[] }).notes).toHaveLength(2);
    await client.close();
  });
});
