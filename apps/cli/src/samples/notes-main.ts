import { readFileSync } from 'node:fs';
import { notesServerConfig } from '../config.js';
import { startNotesServer } from './notes-server.js';

const { HTTP_PORT, NOTES_TOKEN_HASH_FILE } = notesServerConfig();

function tokenHash(): Buffer | undefined {
  try {
    return Buffer.from(readFileSync(NOTES_TOKEN_HASH_FILE, 'utf8'), 'base64url');
  } catch {
    // Nobody has a token yet, so nobody is let in.
    return undefined;
  }
}

const server = await startNotesServer({ tokenHash, port: HTTP_PORT });
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify({ ready: true, port: server.port })}\n`);
