import { AppError, type PolicyCommand } from '@portcullis/contracts';
import type { Fact } from '../facts/facts.js';
import type { Actor, StoredDocument } from '../facts/fields.js';
import { approvalDeciders } from './approvals.js';
import { hasCommand } from './command-log.js';
import { credentialDeciders } from './credentials.js';
import { evolve } from './evolve.js';
import { requireExpandable } from './expansion-budget.js';
import { groupDeciders } from './groups.js';
import { documentDeciders } from './policy-document.js';
import { definitionDeciders } from './tool-definitions.js';
import { membershipDeciders } from './membership.js';
import { ruleDeciders } from './rules.js';
import { serverDeciders } from './servers.js';
import { isAdmin, type ApprovalRequest, type PolicyState, type ToolDefinition } from './state.js';

/**
 * What the aggregate is told: commands of admins, and what the service makes of them once it has looked up what they
 * name.
 */
export type EngineCommand =
  | Exclude<PolicyCommand, { type: 'RollbackPolicy' }>
  | { type: 'RestorePolicy'; version: string; document: StoredDocument }
  | ServiceCommand;

/**
 * What the service itself tells of. The actor is the system, but for the decision on an approval, which looks by itself at
 * who makes it.
 */
export type ServiceCommand =
  | { type: 'RecordToolDefinitions'; srv: string; time: string; tools: readonly SeenTool[] }
  | { type: 'RequestApproval'; time: string; request: ApprovalRequest }
  | { type: 'DecideApproval'; time: string; approval: string; verdict: 'grant' | 'refuse'; by: Actor }
  | { type: 'ConsumeApproval'; time: string; approval: string; call: string };

export interface SeenTool {
  tool: string;
  digest: string;
  definition: ToolDefinition['definition'];
}

/** Who asks for what, when. Ids, time and actor come with the commands: a decision reads no clock. */
export interface CommandBatch {
  org: string;
  commandId: string;
  time: string;
  actor: Actor;
  commands: readonly EngineCommand[];
}

export type CommandType = EngineCommand['type'];
export type CommandOf<T extends CommandType> = Extract<EngineCommand, { type: T }>;

/** A fact without what {@link decide} adds to every fact of a batch. */
export type Said = {
  [K in Fact['type']]: {
    type: K;
    data: Omit<Extract<Fact, { type: K }>['data'], 'org' | 'commandId' | 'time' | 'actor'>;
  };
}[Fact['type']];

/** Rules of one command: facts, nothing if it is so already, or an AppError. */
export type Decider<T extends CommandType> = (command: CommandOf<T>, state: PolicyState) => Said[];

type Deciders = { [T in CommandType]: Decider<T> };

const DECIDERS: Deciders = {
  ...membershipDeciders,
  ...groupDeciders,
  ...credentialDeciders,
  ...ruleDeciders,
  ...documentDeciders,
  ...definitionDeciders,
  ...approvalDeciders,
  ...serverDeciders,
};

/**
 * All commands of a batch or none: each sees the facts of those before it. A batch whose id has led to facts before
 * yields nothing.
 * @throws AppError INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS or FAILED_PRECONDITION
 */
export function decide(batch: CommandBatch, state: PolicyState): Fact[] {
  if (hasCommand(state.commands, batch.commandId)) return [];
  requireAdmin(batch, state);
  const facts: Fact[] = [];
  let current = state;
  for (const command of batch.commands) {
    requireRegistered(command, current, batch.org);
    for (const said of decideOne(command, current)) {
      const { org, commandId, actor } = batch;
      // Facts never go back in time, whatever the clocks of the replicas say.
      const time = batch.time > current.time ? batch.time : current.time;
      const fact = { type: said.type, data: { org, commandId, time, actor, ...said.data } } as Fact;
      facts.push(fact);
      current = evolve(current, fact);
    }
  }
  requireExpandable(facts, current);
  return facts;
}

function decideOne<T extends CommandType>(command: CommandOf<T>, state: PolicyState): Said[] {
  const decider = DECIDERS[command.type as T] as Decider<T>;
  return decider(command, state);
}

const OF_THE_SERVICE: ReadonlySet<CommandType> = new Set([
  'RecordToolDefinitions',
  'RequestApproval',
  'ConsumeApproval',
]);

/** Looked at again on the very state that is decided on: an admin removed a moment ago commands nothing. */
function requireAdmin({ commands, actor }: CommandBatch, state: PolicyState): void {
  if (commands[0]?.type === 'RegisterOrganisation' || state.org === null) return;
  if (actor.id !== null && isAdmin(state, actor.id)) return;
  if (commands.every(({ type }) => type === 'DecideApproval')) return;
  if (actor.kind === 'system' && commands.every(({ type }) => OF_THE_SERVICE.has(type))) return;
  throw new AppError('DENIED_BY_POLICY', 'Commands need the role admin.', {
    details: { rule: 'not-an-admin' },
  });
}

function requireRegistered(command: EngineCommand, state: PolicyState, org: string): void {
  if (command.type === 'RegisterOrganisation') {
    if (command.org !== org)
      throw new AppError('INVALID_ARGUMENT', 'The command names another organisation.');
    return;
  }
  if (state.org === null) throw new AppError('NOT_FOUND', 'The organisation is not registered.');
}
