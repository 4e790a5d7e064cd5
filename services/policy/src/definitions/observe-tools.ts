import {
  toolDefinitionDigest,
  toolNameSchema,
  type ObserveToolsReply,
  type ObserveToolsRequest,
} from '@portcullis/contracts';
import type { SeenTool } from '@portcullis/policy-engine';
import type { PrincipalVerifier } from '../authorize/principal-verifier.js';
import type { PolicyWriter } from '../commands/policy-writer.js';
import type { PolicyReplica } from '../replica/policy-replica.js';

export interface ObserveToolsDeps {
  principals: PrincipalVerifier;
  writer: Pick<PolicyWriter, 'record'>;
  replica: Pick<PolicyReplica, 'view'>;
  clock: () => Date;
}

/** More than this of canonical JSON is pinned by its digest alone, and can't be shown. */
const MAX_DEFINITION = 65_536;

/** Remembers how servers describe their tools: what is seen first is pinned, what differs from it is quarantined (B9). */
export class ObserveTools {
  constructor(private readonly deps: ObserveToolsDeps) {}

  /** @throws AppError UNAUTHENTICATED, NOT_FOUND (no such server), UNAVAILABLE; INVALID_ARGUMENT for what has no digest */
  async run({ assertion, srv, tools }: ObserveToolsRequest): Promise<ObserveToolsReply> {
    const { replica, writer, principals, clock } = this.deps;
    const { org } = principals.verify(assertion).claims;
    const { snapshot } = replica.view(org);
    const known = snapshot.state.tools.get(srv);
    const fresh = tools
      .flatMap(describe)
      .filter(({ tool, digest }) => known?.get(tool)?.seen?.digest !== digest);
    if (fresh.length === 0) return { revision: snapshot.revision };
    const time = clock().toISOString();
    const command = { type: 'RecordToolDefinitions' as const, srv, time, tools: fresh };
    const { revision } = await writer.record(org, time, command);
    return { revision };
  }
}

/** A definition without a usable name is of no tool that could ever be called. */
function describe(definition: ObserveToolsRequest['tools'][number]): SeenTool[] {
  const name = toolNameSchema.safeParse(definition['name']);
  if (!name.success) return [];
  const digest = toolDefinitionDigest(definition);
  const size = Buffer.byteLength(JSON.stringify(definition), 'utf8');
  return [{ tool: name.data, digest, definition: size > MAX_DEFINITION ? null : definition }];
}
