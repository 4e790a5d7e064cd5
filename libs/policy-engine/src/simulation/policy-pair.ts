import { referencedPaths } from '../conditions/references.js';
import { planOf } from '../decisions/possible-outcomes.js';
import type { SimulationSection } from '@portcullis/contracts';
import type { Snapshot } from '../decisions/snapshot.js';
import type { CompiledRule } from '../rules/ability.js';
import { questionOf, type RecordedCall } from './recorded-call.js';
import { isAddress, isSameRule, replay, type Replayed, type Sides } from './replay.js';

/** Results that are kept of one pair of policies: some tens of megabytes at most. */
const MAX_KEPT = 50_000;

/**
 * The policy of one revision, and the candidate that calls of that revision are tried with. Calls that do not differ in
 * anything that is looked at are decided once.
 */
export class PolicyPair {
  readonly #kept = new Map<string, Replayed>();
  /** Catalogues ask every rule about every tool, so whatever any rule looks at matters to them. */
  readonly #catalogue: { time: boolean; address: boolean; same: boolean };

  constructor(
    readonly base: Snapshot,
    readonly candidate: Snapshot,
  ) {
    const rules = [...base.rules.all, ...candidate.rules.all];
    this.#catalogue = {
      time: rules.some(looksAtTime),
      address: rules.some(looksAtAddress),
      same: haveSameRules([...base.rules.all], [...candidate.rules.all]),
    };
  }

  replay(call: RecordedCall): Replayed {
    const key = this.#keyOf(call);
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const sides = this.#sidesOf(call);
    const replayed = this.#replay(call, sides);
    if (this.#dependsOnTime(call, sides)) return replayed;
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(key, replayed);
    return replayed;
  }

  /** The same for a call whose sealed section is known. Hardly two of them are alike, so nothing is kept. */
  replayOpened(call: RecordedCall, section: SimulationSection): Replayed {
    return this.#replay(call, this.#sidesOf(call, section));
  }

  #replay(call: RecordedCall, sides: Sides): Replayed {
    const { same } = this.#catalogue;
    const address = this.#catalogue.address && sides.section === undefined;
    const sure = call.op === 'tool.call' || (same && sides.sameRoles);
    if (!sure && address) return { exact: false, reason: 'address_sealed' };
    if (!sure && call.inputs === null) return { exact: false, reason: 'inputs_not_recorded' };
    return replay(call, sides);
  }

  #sidesOf(call: RecordedCall, section?: SimulationSection): Sides {
    const question = questionOf(call, section);
    const { base, candidate } = this;
    return {
      question,
      section,
      base: { snapshot: base, plan: planOf(base, question) },
      candidate: { snapshot: candidate, plan: planOf(candidate, question) },
      sameRoles: rolesAndGroups(base, call.user) === rolesAndGroups(candidate, call.user),
    };
  }

  #dependsOnTime({ op }: RecordedCall, { base, candidate }: Sides): boolean {
    if (op !== 'tool.call') return this.#catalogue.time;
    return base.plan.rules.some(looksAtTime) || candidate.plan.rules.some(looksAtTime);
  }

  /** Everything that the decision can depend on but the time. A session matters only where it has been revoked. */
  #keyOf(call: RecordedCall): string {
    const { session, recorded, inputs } = call;
    const revoked = (sid: string): boolean =>
      this.base.state.revoked.has(sid) || this.candidate.state.revoked.has(sid);
    const bySession = session !== null && revoked(session) ? `${session} ${inputs?.[1]}` : '';
    const said =
      inputs === null ? '' : `${inputs[2]} ${inputs[3]} ${inputs[4]} ${inputs[5]} ${inputs[6].join()}`;
    const who = `${call.user}\n${call.kind}\n${call.client}\n${call.agent}\n${bySession}`;
    const what = `${call.op}\n${call.srv}\n${call.tool}\n${call.definition}\n${call.label}`;
    return `${who}\n${what}\n${recorded.decision} ${recorded.rule} ${call.approved}\n${said}`;
  }
}

function rolesAndGroups(snapshot: Snapshot, user: string): string {
  const { roles, groups } = snapshot.asker(user);
  return `${roles.join()}|${groups.join()}`;
}

const looks =
  (at: (path: readonly string[]) => boolean) =>
  ({ when }: CompiledRule): boolean =>
    when !== null && referencedPaths(when).some(at);

const looksAtTime = looks(([root, field]) => root === 'context' && (field === undefined || field === 'time'));
const looksAtAddress = looks(isAddress);

/** Whole rules: what they are about, too. */
function haveSameRules(base: readonly CompiledRule[], candidate: readonly CompiledRule[]): boolean {
  const byId = new Map(candidate.map((rule) => [rule.rule.id, rule]));
  return (
    base.length === candidate.length &&
    base.every((rule) => {
      const other = byId.get(rule.rule.id);
      return other !== undefined && isSameRule(rule, other) && aboutOf(rule) === aboutOf(other);
    })
  );
}

const aboutOf = ({ rule }: CompiledRule): string =>
  JSON.stringify([rule.subjects, rule.servers, rule.tools, rule.labels ?? null]);
