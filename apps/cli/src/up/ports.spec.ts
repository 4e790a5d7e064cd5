import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataDirectory, type DataDirectory } from '../setup/data-directory.js';
import { choosePorts } from './ports.js';

let root: string;
let data: DataDirectory;
const servers: Server[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-ports-'));
  data = openDataDirectory(join(root, 'data'));
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  rmSync(root, { recursive: true, force: true });
});

async function occupy(port: number): Promise<void> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
}

it('chooses different ports below those of outgoing connections', async () => {
  const chosen = Object.values(await choosePorts(data, 0));
  expect(new Set(chosen).size).toBe(12);
  for (const port of chosen) expect(port).toBeLessThan(32_768);
});

it('keeps all but the MCP port for the next run', async () => {
  const { mcp: _first, ...kept } = await choosePorts(data, 0);
  const { mcp: _second, ...again } = await choosePorts(data, 0);
  expect(again).toEqual(kept);
});

it('moves only what cannot stay', async () => {
  const before = await choosePorts(data, 0);
  await occupy(before.nats);
  const after = await choosePorts(data, before.admin);
  expect(after).toEqual({
    ...before,
    mcp: before.admin,
    nats: expect.any(Number),
    admin: expect.any(Number),
  });
  expect(after.nats).not.toBe(before.nats);
  expect(after.admin).not.toBe(before.admin);
});

it('starts anew from a damaged file', async () => {
  writeFileSync(data.file('run', 'ports.json'), '{"nats":');
  await expect(choosePorts(data, 0)).resolves.toHaveProperty('nats', expect.any(Number));
});

it('refuses an MCP port that is taken, with a sentence for people', async () => {
  const { mcp } = await choosePorts(data, 0);
  await occupy(mcp);
  await expect(choosePorts(data, mcp)).rejects.toThrow(
    `Port ${mcp} is taken by another program; choose another one with --port`,
  );
});
