import type { Server } from '../organisation/state.js';
import { acceptableArguments } from './acceptable-arguments.js';
import { checkDefinition, effectiveLabel } from './check-definition.js';
import { decideByRules } from './decide-by-rules.js';
import type { Question } from './question.js';
import type { Snapshot } from './snapshot.js';
import { checkToolSwitches } from './tool-checks.js';
import { denyBy, type Verdict } from './verdict.js';

/** A tool call whose asker and server have passed the built-in checks. */
export interface KnownCall {
  snapshot: Snapshot;
  question: Question;
  server: Server;
  tool: string;
}

/** Built-in rules of tools, then the rules of the organisation. The first that decides ends it. */
export function decideCall(call: KnownCall): Verdict {
  const { snapshot, question, server } = call;
  if (!acceptableArguments(question.arguments)) {
    return denyBy('invalid-arguments', 'the arguments are not an I-JSON object within bounds');
  }
  const tool = snapshot.state.tools.get(server.srv)?.get(call.tool);
  const label = tool?.label ?? null;
  if (tool === undefined || label === null) {
    return denyBy(
      'unlabelled-tool',
      `"${server.slug}/${call.tool}" has no label and counts as destructive`,
      `Ask an organisation admin to label ${server.slug}/${call.tool}.`,
      'destructive',
    );
  }
  const effective = effectiveLabel(label, tool, question.annotations);
  return (
    checkToolSwitches(call, tool, effective) ??
    checkDefinition(call, tool, effective) ??
    decideByRules(call, effective)
  );
}
