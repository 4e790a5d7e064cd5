import type { ConditionInput } from '../conditions/evaluate.js';
import { findings } from '../conditions/explain.js';
import { isConsumedBy } from '../organisation/approvals.js';
import type { ToolLabel } from '../organisation/state.js';
import { applies } from '../rules/ability.js';
import { action, subjectType, ToolSubject } from '../rules/tool-subject.js';
import { conditionInput } from './condition-input.js';
import type { KnownCall } from './decide-call.js';
import { denyBy, type Verdict } from './verdict.js';

/** What the rules are asked with: everything about the call that a condition may look at. */
interface Asked {
  call: KnownCall;
  label: ToolLabel;
  subject: ToolSubject;
}

/** The rules of the organisation: a deny, else a need for approval, else an allow, else nothing allows it. */
export function decideByRules(call: KnownCall, label: ToolLabel): Verdict {
  const { snapshot, question, server } = call;
  const { access, approval } = snapshot.abilitiesOf(question.asker.user);
  const input = conditionInput(snapshot, question, question.arguments ?? {});
  const asked: Asked = { call, label, subject: new ToolSubject(subjectType(server.srv, call.tool), input) };
  const deciding = access.relevantRuleFor(action(label), asked.subject);
  if (deciding === null) return nothingAllows(asked);
  if (deciding.inverted) return deniedBy(asked, deciding.reason!);
  const needed = approval
    .rulesFor(action(label), asked.subject.type)
    .filter(
      ({ conditions }) =>
        conditions === undefined || applies('require_approval', conditions.when, asked.subject),
    )
    .map(({ reason }) => reason!);
  return approvedBy(asked, allowedBy(asked, deciding.reason!), needed);
}

/** Every rule that asks for approval has to get one; the first that has none says so. */
function approvedBy(asked: Asked, allowed: Verdict, needed: readonly string[]): Verdict {
  const { snapshot, question, server, tool } = asked.call;
  let approval: string | undefined;
  for (const rule of needed) {
    const consumed = isConsumedBy(snapshot.state, question.call?.id, {
      user: question.asker.user,
      srv: server.srv,
      tool,
      definition: question.observedDigest ?? null,
      arguments: question.call?.arguments ?? '',
      rule,
    });
    if (consumed === undefined) return approvalNeeded(asked, rule);
    approval ??= consumed;
  }
  return approval === undefined ? allowed : { ...allowed, approval };
}

function allowedBy({ call, label }: Asked, rule: string): Verdict {
  const because = `it allows the ${label} tool ${call.server.slug}/${call.tool}`;
  return {
    decision: 'allow',
    rule,
    label,
    reasons: [{ code: 'rule_allows', rule, message: because }],
    because,
    advice: '',
  };
}

function deniedBy(asked: Asked, rule: string): Verdict {
  const because = restriction(asked, rule, 'denies');
  return {
    decision: 'deny',
    rule,
    label: asked.label,
    reasons: [{ code: 'rule_denies', rule, message: because }],
    because,
    advice: 'Ask an organisation admin about this rule.',
  };
}

function approvalNeeded(asked: Asked, rule: string): Verdict {
  const because = restriction(asked, rule, 'requires a second person to approve');
  return {
    decision: 'approval_required',
    rule,
    label: asked.label,
    reasons: [{ code: 'rule_requires_approval', rule, message: because }],
    because,
    advice: 'Ask for approval, then repeat exactly this call.',
  };
}

/** What a rule that restricts does to the call, what its author says of it, and which part of its condition brought it. */
function restriction({ call, label, subject }: Asked, id: string, does: string): string {
  const known = call.snapshot.rules.rule(id);
  const when = known?.when ?? null;
  // The sentence that this becomes part of has a full stop of its own.
  const why = known?.rule.description === undefined ? '' : `: ${known.rule.description.replace(/\.$/, '')}`;
  const found = when === null ? '' : ` (${describe(when, subject.input, 'no')})`;
  return limit(`it ${does} the ${label} tool ${call.server.slug}/${call.tool}${why}${found}`);
}

const limit = (text: string): string => (text.length > 900 ? `${text.slice(0, 899)}…` : text);

/** The parts of a condition that did not come out as `unless`, with the type that was found, never the value. */
function describe(when: Parameters<typeof findings>[0], input: ConditionInput, unless: 'yes' | 'no'): string {
  const parts = findings(when, input).filter(({ truth }) => truth !== unless);
  return (
    parts.map(({ test, truth, found }) => `${test} is ${truth}, found ${found}`).join('; ') ||
    'its condition as a whole'
  );
}

/** Default deny, with the allows that were near: those whose condition the arguments did not satisfy. */
function nothingAllows({ call, label, subject }: Asked): Verdict {
  const { snapshot, question, server, tool } = call;
  const roles = snapshot.rolesOf(question.asker.user).join(', ');
  const near = snapshot
    .abilitiesOf(question.asker.user)
    .access.rulesFor(action(label), subject.type)
    .filter(
      (rule) =>
        !rule.inverted && rule.conditions !== undefined && !applies('allow', rule.conditions.when, subject),
    )
    .slice(0, 8)
    .map((rule) => ({
      code: 'condition_not_met',
      rule: rule.reason!,
      message: limit(
        `rule "${rule.reason}" would allow it, but ${describe(rule.conditions!.when, subject.input, 'yes')}`,
      ),
    }));
  const because = `no rule allows ${label} tools on "${server.slug}" for roles ${roles}`;
  const detail = near.length === 0 ? '' : `; ${near[0]!.message}`;
  const advice = `Ask an organisation admin to grant a role that allows ${server.slug}/${tool}.`;
  const verdict = denyBy('default-deny', because, advice, label);
  return { ...verdict, because: limit(because + detail), reasons: [...verdict.reasons, ...near] };
}
