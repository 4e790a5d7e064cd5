import type { ToolAnnotations } from '@portcullis/contracts';
import type { ToolLabel } from '../organisation/state.js';

const SEVERITY: Record<ToolLabel, number> = { read: 0, write: 1, destructive: 2 };

/** What an upstream says of its tool may raise the label an admin gave, never lower it. Silence says nothing. */
export function raisedLabel(label: ToolLabel, annotations: ToolAnnotations | undefined): ToolLabel {
  const claimed = claimedLabel(annotations);
  return SEVERITY[claimed] > SEVERITY[label] ? claimed : label;
}

function claimedLabel(annotations: ToolAnnotations | undefined): ToolLabel {
  if (annotations?.destructiveHint === true) return 'destructive';
  return annotations?.readOnlyHint === false ? 'write' : 'read';
}
