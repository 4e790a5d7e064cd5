import { newId, type Decision } from '@portcullis/contracts';
import { denyBy, explainVerdict, type Snapshot, type Verdict } from '@portcullis/policy-engine';
import type { PolicyView } from '../replica/organisation-replica.js';

/** Where policies are read. */
export interface PolicySource {
  /** @throws AppError UNAVAILABLE while nothing may be decided */
  view(org: string): PolicyView;
}

export interface Decided {
  decision: Decision;
  snapshot: Snapshot;
  /** The approval that the call has consumed, null where none was needed. */
  approval: string | null;
  /** When: RFC 3339, UTC, milliseconds. */
  time: string;
}

/**
 * Puts a question to the current policy of an organisation. Whatever is wrong with the policy itself is a denial that says
 * so; whatever else goes wrong throws, and no caller takes an error for an allow.
 */
export class PolicyDecisions {
  constructor(
    private readonly source: PolicySource,
    private readonly clock: () => Date,
  ) {}

  /** `decide` is given the moment at which it decides: RFC 3339, UTC, milliseconds. */
  decide(org: string, decide: (snapshot: Snapshot, time: string) => Verdict): Decided {
    return decideOn(org, { view: this.source.view(org), time: this.clock().toISOString() }, decide);
  }
}

/** A policy, and the moment at which it is asked: RFC 3339, UTC, milliseconds. */
export interface Moment {
  view: PolicyView;
  time: string;
}

/** The same at one moment, for whoever asks more than one question of it. */
export function decideOn(
  org: string,
  { view, time }: Moment,
  decide: (snapshot: Snapshot, time: string) => Verdict,
): Decided {
  const { snapshot } = view;
  const verdict = refuseView(org, view) ?? decide(snapshot, time);
  const approval = verdict.approval ?? null;
  return { decision: explainVerdict(verdict, snapshot, newId()), snapshot, time, approval };
}

/** Why nothing is allowed under this view, or undefined. */
export function refuseView(org: string, { snapshot, broken }: PolicyView): Verdict | undefined {
  if (broken !== null) {
    return denyBy(
      'policy-unverified',
      `the signed chain of facts does not hold (${broken})`,
      'Tell whoever operates this installation.',
    );
  }
  if (snapshot.state.org !== org) return denyBy('organisation-unknown', 'the organisation has no policy');
  return undefined;
}
