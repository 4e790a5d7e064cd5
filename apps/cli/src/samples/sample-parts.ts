import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithParentArguments } from '../processes/parent-pipe.js';
import { processPart, type Part } from '../processes/managed-process.js';
import { tcpProbe } from '../processes/readiness.js';

const beside = (name: string): URL => new URL(`${name}${extname(import.meta.url)}`, import.meta.url);

/** Our sample upstream, at `/mcp` on the port; wants the token whose SHA-256 is in the file. */
export const notesPart = (port: number, tokenHashFile: string): Part =>
  processPart({
    name: 'notes',
    command: process.execPath,
    args: [...endWithParentArguments(), fileURLToPath(beside('notes-main'))],
    env: { HTTP_PORT: String(port), NOTES_TOKEN_HASH_FILE: tokenHashFile },
    readiness: { by: 'line' },
    readyWithinMs: 15_000,
    endsWithParent: true,
  });

/**
 * The unmodified `@modelcontextprotocol/server-everything`, at `/mcp` on the port. It wants no credential, listens on
 * all interfaces by itself and shows its environment in a tool: so it gets loopback only and next to no environment.
 */
export const everythingPart = (port: number): Part =>
  processPart({
    name: 'everything',
    command: process.execPath,
    args: [
      ...endWithParentArguments(),
      '--import',
      beside('loopback-only').href,
      everythingProgram(),
      'streamableHttp',
    ],
    env: { PORT: String(port) },
    readiness: { by: 'probe', probe: tcpProbe(port) },
    readyWithinMs: 15_000,
    endsWithParent: true,
  });

function everythingProgram(): string {
  const manifest = createRequire(import.meta.url).resolve(
    '@modelcontextprotocol/server-everything/package.json',
  );
  return join(dirname(manifest), 'dist/index.js');
}
