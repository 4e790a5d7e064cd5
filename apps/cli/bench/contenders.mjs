import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mcpClient } from './mcp-client.mjs';
import { reportOf } from './portcullis.mjs';

const MESSAGE = 'hello through the gate';
const echo = { name: 'echo', arguments: { message: MESSAGE } };
const listNotes = { name: 'list_notes', arguments: {} };
const WELCOME = 'Welcome';

/** The unmodified server that the gateway uses too, in a session of its own. */
export async function echoDirectly(installation) {
  const client = mcpClient(await installation.upstream('everything'), {});
  await client.openSession();
  return contender(client, echo, MESSAGE);
}

export async function echoThrough(installation) {
  return contender(governed(installation, 'everything'), echo, MESSAGE);
}

/** The same program as the installation's, with a token that is known here. */
export async function notesDirectly(installation) {
  const token = randomBytes(32).toString('base64url');
  const hashFile = join(installation.directory, 'known-token.sha256');
  writeFileSync(hashFile, createHash('sha256').update(token).digest('base64url'));
  const program = fileURLToPath(new URL('../dist/samples/notes-main.js', import.meta.url));
  const server = spawn(process.execPath, [program], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { NOTES_TOKEN_HASH_FILE: hashFile, HTTP_PORT: '0' },
  });
  // Whatever ends the benchmark, it does not stay.
  process.once('exit', () => server.kill());
  const { port } = await reportOf(server);
  const url = `http://127.0.0.1:${port}/mcp`;
  const client = mcpClient(url, { authorization: `Bearer ${token}` });
  const { call, close } = await contender(client, listNotes, WELCOME);
  const stop = () => {
    close();
    server.kill();
  };
  return { call, close: stop, pids: { 'notes, direct': server.pid } };
}

export async function notesThrough(installation) {
  return contender(governed(installation, 'notes'), listNotes, WELCOME);
}

function governed(installation, slug) {
  const { url, key } = installation.endpoint(slug);
  return mcpClient(url, { authorization: `Bearer ${key}` });
}

async function contender(client, params, expected) {
  const call = async () => {
    const { status, text } = await client.request('tools/call', params);
    // An error would be a fast answer.
    if (status !== 200 || !text.includes(expected))
      throw new Error(`answered ${status}: ${text.slice(0, 500)}`);
  };
  await call();
  return { call, close: () => client.close() };
}
