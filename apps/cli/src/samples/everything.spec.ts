import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { freePorts } from '../processes/free-ports.js';
import { Supervisor } from '../processes/supervisor.js';
import { everythingPart } from './sample-parts.js';

let directory: string;
let supervisor: Supervisor;
let port: number;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'portcullis-everything-'));
  const options = {
    logDirectory: directory,
    registryFile: join(directory, 'processes.json'),
    instanceId: 'secret-mark',
  };
  supervisor = new Supervisor({ ...options, onEvent: () => undefined });
  [port] = (await freePorts(1)) as [number];
  await supervisor.start(everythingPart(port));
});

afterAll(async () => {
  await supervisor.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Local addresses of listening TCP sockets with this port, from the kernel's tables (proc_net_tcp(5)). */
function listeningAddresses(wanted: number): string[] {
  const hex = wanted.toString(16).toUpperCase().padStart(4, '0');
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && fields[1]?.endsWith(`:${hex}`))
      .map((fields) => fields[1]!.slice(0, -5)),
  );
}

it('listens on 127.0.0.1 only, although it would on every interface by itself', () => {
  expect(networkInterfaces()).toHaveProperty('lo');
  expect(readdirSync('/proc/net')).toContain('tcp6');
  expect(listeningAddresses(port)).toEqual(['0100007F']);
});

it('answers MCP, and shows nothing of ours in the tool that prints its environment', async () => {
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)));
  const echoed = await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
  expect(JSON.stringify(echoed.content)).toContain('hello');
  const environment = await client.callTool({ name: 'get-env', arguments: {} });
  expect(JSON.stringify(environment.content)).not.toMatch(/PORTCULLIS|secret-mark/);
  await client.close();
});
