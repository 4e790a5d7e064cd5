import {
  referencedArguments,
  type DecidedCall,
  type DecisionContext,
  type SimulationSection,
  type ToolAnnotations,
} from '@portcullis/contracts';
import { argumentPathsOf } from '../decisions/argument-paths.js';
import { decideQuestion } from '../decisions/decide-question.js';
import type { Question } from '../decisions/question.js';
import type { Snapshot } from '../decisions/snapshot.js';
import { TIME } from './organisation-fixture.js';

/** A call with everything that it was decided on. */
export interface WholeCall {
  user: string;
  place: { srv: string; tool: string | null };
  client?: string | null;
  scopes?: readonly string[];
  arguments?: unknown;
  context?: DecisionContext;
  annotations?: ToolAnnotations;
  operation?: Question['operation'];
  time?: string;
}

export const wholeQuestion = (call: WholeCall): Question => ({
  asker: {
    user: call.user,
    session: { sid: 'session', generation: 1 },
    client: call.client ?? null,
    agent: null,
    kind: 'user',
    scopes: call.scopes ?? ['mcp', 'mcp:write'],
  },
  operation: call.operation ?? 'tool.call',
  server: { srv: call.place.srv },
  tool: call.place.tool,
  arguments: call.arguments ?? {},
  context: call.context ?? {},
  time: call.time ?? TIME,
  annotations: call.annotations,
});

/** What the gateway seals of a call that this policy decided. */
export function sectionOf(snapshot: Snapshot, call: WholeCall): SimulationSection {
  const { srv, tool } = call.place;
  const paths = tool === null ? [] : argumentPathsOf(snapshot, { srv, tool });
  const entries = referencedArguments(
    paths.map((path) => [...path]),
    call.arguments ?? {},
  );
  return { ip: call.context?.ip ?? null, arguments: entries };
}

const HASH = 'A'.repeat(43);

/** What the log says of a call that this policy decided. `old`: as records were before they held inputs. */
export function rowOf(
  snapshot: Snapshot,
  call: WholeCall,
  { recordId, old = false }: { recordId: string; old?: boolean },
): DecidedCall {
  const question = wholeQuestion(call);
  const { decision, rule, label } = decideQuestion(snapshot, question);
  const { asker, context, annotations, time } = question;
  const hints = [annotations?.readOnlyHint ?? null, annotations?.destructiveHint ?? null] as const;
  const inputs: DecidedCall[17] = old
    ? null
    : [time, 1, context.protocol ?? null, context.transport ?? null, ...hints, [...(asker.scopes ?? [])]];
  const { srv, tool } = call.place;
  const who = [asker.user, 'user', asker.client, null, 'session'] as const;
  const what = [question.operation, srv, tool, label, null] as const;
  return [recordId, time, ...who, ...what, decision, rule, snapshot.revision, HASH, false, inputs];
}
