import type { Tool, ToolLabel } from '../organisation/state.js';
import type { KnownCall } from './decide-call.js';
import { denyBy, type Verdict } from './verdict.js';

const READ_SCOPE = 'mcp';
const WRITE_SCOPE = 'mcp:write';

/** Switches that stand above every rule: the tool is off, or the session was only ever given read access (S7). */
export function checkToolSwitches(call: KnownCall, tool: Tool, label: ToolLabel): Verdict | undefined {
  const { question, server } = call;
  const name = `${server.slug}/${call.tool}`;
  if (tool.disabledForAll) {
    return denyBy(
      'tool-disabled',
      `an admin has switched ${name} off`,
      'Ask an organisation admin to enable it.',
      label,
    );
  }
  if (tool.disabledFor.has(question.asker.user)) {
    return denyBy(
      'tool-disabled',
      `an admin has switched ${name} off for you`,
      'Ask an organisation admin to enable it.',
      label,
    );
  }
  return checkScopes(question.asker.scopes, name, label);
}

/** Null: policy is asked about a user, not by a session. */
function checkScopes(scopes: readonly string[] | null, name: string, label: ToolLabel): Verdict | undefined {
  if (scopes === null || scopes.includes(WRITE_SCOPE)) return undefined;
  if (!scopes.includes(READ_SCOPE)) {
    return denyBy(
      'scope-missing',
      `the session lacks the scope ${READ_SCOPE}`,
      `Connect again and allow ${READ_SCOPE}.`,
      label,
    );
  }
  if (label === 'read') return undefined;
  const because = `the session has the scope ${READ_SCOPE} only, and ${name} is a ${label} tool`;
  return denyBy('read-only-session', because, `Connect again and allow ${WRITE_SCOPE}.`, label);
}
