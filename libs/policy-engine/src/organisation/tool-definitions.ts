import { AppError } from '@portcullis/contracts';
import type { Decider } from './decide.js';
import { requireServer } from './servers.js';
import type { PolicyState } from './state.js';

/** Tools of one server that are remembered: a server that invents names for ever must not fill the stream. */
const MAX_TOOLS = 2_000;
/** A server that shows another definition each time leaves one fact a minute and tool; it stays quarantined meanwhile. */
const CHANGE_EVERY_MS = 60_000;

const recordToolDefinitions: Decider<'RecordToolDefinitions'> = ({ srv, time, tools }, state) => {
  requireServer(state, srv);
  const known = state.tools.get(srv);
  let room = MAX_TOOLS - (known?.size ?? 0);
  return tools
    .filter(({ tool, digest }) => {
      const seen = known?.get(tool)?.seen ?? null;
      if (seen !== null) return seen.digest !== digest && msBetween(seen.at, time) >= CHANGE_EVERY_MS;
      return known?.has(tool) === true || --room >= 0;
    })
    .map(({ tool, digest, definition }) => ({
      type: 'policy.ToolDefinitionSeen' as const,
      data: { srv, tool, digest, definition },
    }));
};

const msBetween = (from: string, to: string): number => Date.parse(to) - Date.parse(from);

/** Only what was shown to the admin: a definition that has changed again meanwhile is not approved by accident. */
const approveToolDefinition: Decider<'ApproveToolDefinition'> = ({ srv, tool, digest }, state) => {
  requireServer(state, srv);
  const { pinned, seen } = requireSeen(state, srv, tool);
  if (pinned?.digest === digest) return [];
  if (seen.digest !== digest) {
    throw new AppError('CONFLICT', 'The server has shown another definition since: look at it first.', {
      details: { seen: seen.digest },
    });
  }
  return [{ type: 'policy.ToolDefinitionApproved', data: { srv, tool, digest } }];
};

function requireSeen(state: PolicyState, srv: string, tool: string) {
  const known = state.tools.get(srv)?.get(tool);
  if (known === undefined || known.seen === null)
    throw new AppError('NOT_FOUND', 'The server has not shown a definition of this tool yet.');
  return { ...known, seen: known.seen };
}

export const definitionDeciders = {
  RecordToolDefinitions: recordToolDefinitions,
  ApproveToolDefinition: approveToolDefinition,
};
