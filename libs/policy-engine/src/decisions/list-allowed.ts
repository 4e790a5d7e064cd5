import type { DecisionContext, DecisionReason } from '@portcullis/contracts';
import type { Server, ToolLabel } from '../organisation/state.js';
import { refuseAsker } from './decide-question.js';
import type { Asker, Question } from './question.js';
import type { Snapshot } from './snapshot.js';
import { reachOf } from './tool-reach.js';

export interface AllowedTool {
  /** Slug. */
  server: string;
  tool: string;
  label: ToolLabel;
  /** What comes of a call depends on its arguments. */
  conditional: boolean;
  /** Some call may need a second person's approval; every call, where nothing depends on arguments. */
  approval: boolean;
}

export interface AllowedToolsQuery {
  asker: Asker;
  context: DecisionContext;
  /** At which it is decided, as in a question. */
  time: string;
  /** Slug; null: every server. */
  server: string | null;
  /** The listing goes on behind this tool. */
  after: { server: string; tool: string } | null;
  limit: number;
}

export interface AllowedTools {
  tools: AllowedTool[];
  /** Nothing is left out behind the last one. */
  complete: boolean;
  /** Why whoever asks may do nothing at all. */
  refused: DecisionReason | null;
}

/**
 * Which tools some call of the asker may use, if need be with approval, by slug and name in code-unit order. A tool that is
 * not conditional is allowed (or held back for approval) with whatever arguments; one that is not listed is denied with any.
 */
export function listAllowed(snapshot: Snapshot, query: AllowedToolsQuery): AllowedTools {
  const [refused = null] = refuseAsker(snapshot, query.asker)?.reasons ?? [];
  if (refused !== null) return { tools: [], complete: true, refused };
  const tools: AllowedTool[] = [];
  for (const { server, tool } of toolsAfter(snapshot, query)) {
    const question: Question = {
      asker: query.asker,
      operation: 'tool.call',
      server: { srv: server.srv },
      tool,
      arguments: null,
      context: query.context,
      time: query.time,
    };
    const { outcome, approval, label } = reachOf({ snapshot, question, server, tool });
    if (outcome === 'never' || label === null) continue;
    if (tools.length === query.limit) return { tools, complete: false, refused };
    tools.push({ server: server.slug, tool, label, conditional: outcome === 'depends', approval });
  }
  return { tools, complete: true, refused };
}

interface Candidate {
  server: Server;
  tool: string;
}

function* toolsAfter(snapshot: Snapshot, { server: only, after }: AllowedToolsQuery): Generator<Candidate> {
  for (const server of serversFrom(snapshot, only, after?.server ?? '')) {
    const from = server.slug === after?.server ? after.tool : '';
    const known = [...(snapshot.state.tools.get(server.srv)?.keys() ?? [])];
    // Names are ASCII: the default order is that of code units.
    for (const tool of known.filter((name) => name > from).sort()) yield { server, tool };
  }
}

const serversFrom = (snapshot: Snapshot, only: string | null, first: string): Server[] =>
  [...snapshot.state.servers.values()]
    .filter(({ slug }) => (only === null || slug === only) && slug >= first)
    .sort((a, b) => (a.slug < b.slug ? -1 : 1));
