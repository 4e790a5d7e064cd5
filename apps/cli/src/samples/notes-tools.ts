import { McpServer, type CallToolResult } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Notes } from './notes.js';

const noteId = z.object({ id: z.int().positive().describe('Number of the note, as list_notes gives it') });
const newNote = z.object({ title: z.string().min(1).max(200), text: z.string().max(10_000) });

const answer = (value: Record<string, unknown>): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(value) }],
});

const failure = (text: string): CallToolResult => ({ content: [{ type: 'text', text }], isError: true });

const found = (id: number, value: Record<string, unknown> | undefined): CallToolResult =>
  value === undefined ? failure(`There is no note ${id}`) : answer(value);

/** The sample's MCP face over notes that outlive it: one such server is made per request. */
export function notesTools(notes: Notes): McpServer {
  const server = new McpServer({ name: 'portcullis-notes', version: '0.1.0' });
  server.registerTool(
    'list_notes',
    {
      title: 'List notes',
      description: 'Lists the numbers and titles of all notes.',
      inputSchema: z.object({}),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    () => answer({ notes: notes.list() }),
  );
  server.registerTool(
    'read_note',
    {
      title: 'Read a note',
      description: 'Gives title and text of one note.',
      inputSchema: noteId,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ id }) => found(id, notes.read(id) && { note: notes.read(id) }),
  );
  registerChanges(server, notes);
  return server;
}

function registerChanges(server: McpServer, notes: Notes): void {
  server.registerTool(
    'create_note',
    {
      title: 'Create a note',
      description: 'Writes a new note and gives its number.',
      inputSchema: newNote,
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: false,
        openWorldHint: false,
      },
    },
    ({ title, text }) => {
      const note = notes.create(title, text);
      return note === undefined ? failure('There is no room for another note') : answer({ note });
    },
  );
  server.registerTool(
    'delete_note',
    {
      title: 'Delete a note',
      description: 'Deletes one note for ever.',
      inputSchema: noteId,
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    },
    ({ id }) => found(id, notes.delete(id) ? { deleted: id } : undefined),
  );
}
