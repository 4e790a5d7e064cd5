import { defineEvent, eventCodec, type CodecEvent } from '@portcullis/eventing';
import { z } from 'zod';
import * as f from './fields.js';

/** What every fact of a stream `policy-<org>` says beside itself. All of it is signed. */
const said = { org: f.id, commandId: f.id, time: f.time, actor: f.actor };

const fact = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject({ ...said, ...shape });

/**
 * The facts of policy, stored as `policy.<Fact>.v<n>`. A published schema is frozen: optional fields may be added,
 * anything else is a next version with a pure upcaster. `test/golden` holds one of each version ever written.
 */
export const factCodec = eventCodec(
  /** `home`: its admins may create further organisations of this installation. */
  defineEvent('policy.OrganisationRegistered', fact({ founder: f.id, home: z.boolean() })),
  defineEvent('policy.MemberAdded', fact({ user: f.id })),
  /** Takes the roles of the user along: who comes back begins without any. */
  defineEvent('policy.MemberRemoved', fact({ user: f.id })),
  /** Assertions of this session or key up to and including the generation are refused. */
  defineEvent('policy.CredentialRevoked', fact({ sid: z.string().max(128), generation: z.int().min(0) })),
  defineEvent('policy.RoleDefined', fact({ role: f.name, description: z.string().max(500) })),
  defineEvent('policy.RoleRemoved', fact({ role: f.name })),
  defineEvent('policy.RoleGranted', fact({ user: f.id, role: f.name })),
  defineEvent('policy.RoleRevoked', fact({ user: f.id, role: f.name })),
  defineEvent('policy.RuleAdded', fact({ rule: f.storedRuleV1 })).next(
    fact({ rule: f.storedRule }),
    (added) => added,
  ),
  /** A group of members, and the roles that it brings them. Defined again: changed. */
  defineEvent(
    'policy.GroupDefined',
    fact({ group: f.name, description: z.string().max(500), roles: z.array(f.name).max(64) }),
  ),
  /** Takes the members out of it. */
  defineEvent('policy.GroupRemoved', fact({ group: f.name })),
  defineEvent('policy.GroupMemberAdded', fact({ group: f.name, user: f.id })),
  defineEvent('policy.GroupMemberRemoved', fact({ group: f.name, user: f.id })),
  defineEvent('policy.RuleRemoved', fact({ rule: f.name })),
  /** `version` is the content address of the document. The rules are these and no others from now on. */
  defineEvent('policy.PolicyApplied', fact({ version: f.hash, document: f.storedDocument })),
  /** An earlier version again. The document is here too: what is in force never depends on a fact far back. */
  defineEvent('policy.PolicyRolledBack', fact({ version: f.hash, document: f.storedDocument })),
  defineEvent('policy.ServerConnected', fact(f.server)),
  defineEvent('policy.ServerChanged', fact(f.server)),
  /** Takes the labels and switches of the server's tools along. */
  defineEvent('policy.ServerRemoved', fact({ srv: f.id })),
  defineEvent('policy.PinningChanged', fact({ srv: f.id, pinning: f.pinning })),
  /** Null takes the label away: the tool is unlabelled again, hence denied. */
  defineEvent('policy.ToolLabelled', fact({ srv: f.id, tool: f.tool, label: f.label.nullable() })),
  /** What the server showed, as policy was told by the gateway; no definition where it was too large to keep. */
  defineEvent(
    'policy.ToolDefinitionSeen',
    fact({ srv: f.id, tool: f.tool, digest: f.hash, definition: f.definition.nullable() }),
  ),
  defineEvent('policy.ToolDefinitionApproved', fact({ srv: f.id, tool: f.tool, digest: f.hash })),
  /** Somebody wants to do this one thing. What it is about stays; the arguments by a keyed digest only. */
  defineEvent('policy.ApprovalRequested', fact(f.approvalRequest)),
  defineEvent('policy.ApprovalGranted', fact({ approval: f.id })),
  defineEvent('policy.ApprovalRefused', fact({ approval: f.id })),
  /** Used, by this call and no other. */
  defineEvent('policy.ApprovalConsumed', fact({ approval: f.id, call: f.id })),
  /** A null user means everybody. */
  defineEvent('policy.ToolDisabled', fact({ srv: f.id, tool: f.tool, user: f.id.nullable() })),
  defineEvent('policy.ToolEnabled', fact({ srv: f.id, tool: f.tool, user: f.id.nullable() })),
  /** The token is derived from (client, generation) under a key that only policy holds: nothing secret is stored. */
  defineEvent(
    'policy.PolicyClientAdded',
    fact({ client: f.id, name: z.string().max(120), generation: z.int().min(1) }),
  ),
  defineEvent('policy.PolicyClientRevoked', fact({ client: f.id, generation: z.int().min(1) })),
);

export type Fact = CodecEvent<typeof factCodec>;
export type FactType = Fact['type'];
export type FactOf<T extends FactType> = Extract<Fact, { type: T }>;
export type FactData<T extends FactType> = FactOf<T>['data'];

const STREAM = /^policy-([0-7][0-9A-HJKMNP-TV-Z]{25})$/;

export const policyStream = (org: string): string => `policy-${org}`;

/** The organisation of a policy stream, or undefined for any other stream. */
export const orgOfStream = (stream: string): string | undefined => STREAM.exec(stream)?.[1];
