import type { DecidedCall, SimulationSection, ToolLabel } from '@portcullis/contracts';
import { isIP } from 'node:net';
import type { ConditionInput } from '../conditions/evaluate.js';
import { UNKNOWN } from '../conditions/path.js';
import { conditionInput } from '../decisions/condition-input.js';
import type { Outcome } from '../decisions/possible-outcomes.js';
import type { Question } from '../decisions/question.js';
import type { Snapshot } from '../decisions/snapshot.js';

/** A row of the log with names. */
export interface RecordedCall {
  recordId: string;
  time: string;
  user: string;
  kind: string;
  client: string | null;
  agent: string | null;
  session: string | null;
  op: Question['operation'];
  srv: string | null;
  tool: string | null;
  label: ToolLabel | null;
  definition: string | null;
  recorded: Outcome;
  approved: boolean;
  revision: number;
  inputs: DecidedCall[17];
}

export function recordedCall(row: DecidedCall): RecordedCall {
  const [recordId, time, user, kind, client, agent, session, op, srv, tool, label, definition] = row;
  const [decision, rule, revision] = [row[12], row[13], row[14]];
  return {
    recordId,
    time,
    user: user ?? '',
    kind,
    client,
    agent,
    session,
    op: op as Question['operation'],
    srv,
    tool,
    label,
    definition,
    recorded: { decision, rule },
    revision,
    approved: row[16],
    inputs: row[17],
  };
}

/**
 * The question that the call was, without its arguments. What an old record does not say stands as not given, which the
 * checks before the rules take for granted; conditions see it as unknown ({@link knownOf}).
 */
export function questionOf(call: RecordedCall, section?: SimulationSection): Question {
  const { user, kind, client, agent, session, inputs } = call;
  const [time, generation, protocol, transport, readOnlyHint, destructiveHint, scopes] = inputs ?? [];
  return {
    asker: {
      user,
      session: session === null || generation === undefined ? null : { sid: session, generation },
      client,
      agent,
      kind,
      scopes: scopes ?? null,
    },
    operation: call.op,
    server: { srv: call.srv ?? '' },
    tool: call.tool,
    arguments: null,
    context: {
      ...given('protocol', protocol),
      ...given('transport', transport),
      ...given('ip', addressOf(section)),
    },
    time: time ?? call.time,
    ...given('observedDigest', call.definition),
    annotations:
      inputs === null
        ? RAISED[call.label ?? 'read']
        : { ...given('readOnlyHint', readOnlyHint), ...given('destructiveHint', destructiveHint) },
  };
}

/** What the gateway says of an address that is none, it does not tell policy. */
const addressOf = (section?: SimulationSection): string | null => {
  const ip = section?.ip ?? null;
  return ip === null || isIP(ip) === 0 || ip.includes('%') ? null : ip;
};

const given = <K extends string, V>(key: K, value: V | null | undefined): Partial<Record<K, V>> =>
  value === null || value === undefined ? {} : ({ [key]: value } as Record<K, V>);

/** What an upstream must have said at most, seeing which label its tool was treated with. */
const RAISED = { read: {}, write: { readOnlyHint: false }, destructive: { destructiveHint: true } } as const;

const NOT_RECORDED = { protocol: UNKNOWN, transport: UNKNOWN, time: UNKNOWN };

/** What there is to know of a call beside the question that it was. */
export interface CallFacts {
  hasInputs: boolean;
  /** Arguments as far as they are known; {@link UNKNOWN} without the sealed section, as the address is then. */
  arguments: unknown;
}

/** What conditions of a policy see of the call: what is sealed is unknown without the section, and whatever its record lacks. */
export function knownOf(snapshot: Snapshot, question: Question, facts: CallFacts): ConditionInput {
  const known = conditionInput(snapshot, question, facts.arguments);
  const principal = known.principal as object;
  const context = known.context as object;
  return {
    arguments: facts.arguments,
    principal: facts.hasInputs ? principal : { ...principal, scopes: UNKNOWN },
    context: {
      ...context,
      ...(facts.hasInputs ? {} : NOT_RECORDED),
      ...(facts.arguments === UNKNOWN ? { ip: UNKNOWN } : {}),
    },
  };
}
