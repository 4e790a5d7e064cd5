import { notesServerConfig } from './config.js';
import { startNotesServer } from './notes-server.js';

const config = notesServerConfig();
const server = await startNotesServer({ token: config.NOTES_TOKEN_FILE, port: config.HTTP_PORT });
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify({ ready: true, port: server.port })}\n`);
