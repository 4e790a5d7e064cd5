import { AppError, type ToolDefinitionReply, type ToolDefinitionRequest } from '@portcullis/contracts';
import { definitionChanges, type ToolDefinition } from '@portcullis/policy-engine';
import { requireAdmin } from '../admin/require-admin.js';
import type { PrincipalVerifier } from '../authorize/principal-verifier.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';

/** Shows an admin what a server says of its tool, beside what is pinned. */
export class ReadDefinition {
  constructor(
    private readonly principals: PrincipalVerifier,
    private readonly decisions: PolicyDecisions,
  ) {}

  /** @throws AppError UNAUTHENTICATED, DENIED_BY_POLICY, NOT_FOUND, UNAVAILABLE */
  run({ assertion, srv, tool }: ToolDefinitionRequest): ToolDefinitionReply {
    const { state } = requireAdmin(this.decisions, this.principals.verify(assertion), 'policy.read');
    const known = state.tools.get(srv)?.get(tool);
    if (known === undefined)
      throw new AppError('NOT_FOUND', 'The server has not shown a definition of this tool yet.');
    const { pinned, seen } = known;
    return {
      pinned: shown(pinned),
      seen: shown(seen),
      changes: definitionChanges(pinned?.definition ?? null, seen?.definition ?? null),
    };
  }
}

const shown = (described: ToolDefinition | null): ToolDefinitionReply['seen'] =>
  described === null ? null : { digest: described.digest, definition: described.definition };
