import { toolAnnotationsOf, type ToolAnnotations } from '@portcullis/contracts';
import type { Tool, ToolLabel } from '../organisation/state.js';
import { raisedLabel } from '../rules/labels.js';
import type { KnownCall } from './decide-call.js';
import { denyBy, type Verdict } from './verdict.js';

/** A tool is what was looked at when it was allowed: another definition, or one nobody has looked at, is quarantined (B9). */
export function checkDefinition(call: KnownCall, tool: Tool, label: ToolLabel): Verdict | undefined {
  const { question, server } = call;
  if (server.pinning === 'off') return undefined;
  const name = `${server.slug}/${call.tool}`;
  const quarantined = (because: string): Verdict =>
    denyBy('tool-quarantined', because, `Ask an organisation admin to look at ${name}.`, label);
  if (tool.pinned === null) {
    // With `first_sight` whatever is seen is pinned: so nobody has seen it yet, and the asker's sight is the first.
    if (server.pinning === 'first_sight') return undefined;
    return quarantined(`nobody has approved the definition of ${name} yet`);
  }
  const observed = question.observedDigest ?? tool.seen?.digest;
  if (observed === tool.pinned.digest) return undefined;
  return quarantined(`the definition of ${name} is not the one that was approved`);
}

/** The label that counts: what the pinned definition says of the tool may raise it too, whoever asks. */
export function effectiveLabel(
  label: ToolLabel,
  tool: Tool,
  annotations: ToolAnnotations | undefined,
): ToolLabel {
  const described = tool.pinned?.definition?.['annotations'];
  return raisedLabel(raisedLabel(label, annotations), toolAnnotationsOf(described));
}
