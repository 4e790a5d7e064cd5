import { AppError, type ListAllowedReply, type ListAllowedRequest } from '@portcullis/contracts';
import { listAllowed, someone, type AllowedTool } from '@portcullis/policy-engine';
import { refuseView, type Moment } from '../decisions/policy-decisions.js';
import type { FreshPolicies } from './fresh-policies.js';
import type { ListContinuations, ListPosition } from './list-continuation.js';
import { soon, type Soon } from './question-of.js';

/** Lists, page by page, the tools that some call of a user would be allowed to use. All pages are of one revision. */
export class ListAllowed {
  constructor(
    private readonly policies: FreshPolicies,
    private readonly continuations: ListContinuations,
  ) {}

  /**
   * @throws AppError INVALID_ARGUMENT for a continuation that is not of this listing, FAILED_PRECONDITION when the policy has
   * changed since the page before, STALE, UNAVAILABLE
   */
  run(org: string, request: ListAllowedRequest): Soon<ListAllowedReply> {
    const { continuation, atLeastRevision } = request;
    const position = continuation === null ? null : this.continuations.read(org, request, continuation);
    const wanted = position === null ? atLeastRevision : Math.max(position.revision, atLeastRevision ?? 0);
    return soon(this.policies.atLeast(org, wanted), (moment) =>
      this.#page(org, request, { moment, position }),
    );
  }

  #page(org: string, request: ListAllowedRequest, { moment, position }: Place): ListAllowedReply {
    const { snapshot } = moment.view;
    const { revision, digest: policyDigest } = snapshot;
    const unusable = refuseView(org, moment.view);
    if (unusable !== undefined) {
      const [refused = null] = unusable.reasons;
      return { tools: [], complete: true, continuation: null, revision, policyDigest, refused };
    }
    const { time, after } = startOf(moment, position);
    const { principal, context, server, pageSize: limit } = request;
    const asked = { asker: someone(principal), context, time, server, after, limit };
    const { tools, complete, refused } = listAllowed(snapshot, asked);
    const continuation = complete ? null : this.#continue(org, request, { revision, time, tools });
    return { tools, complete, continuation, revision, policyDigest, refused };
  }

  #continue(
    org: string,
    request: ListAllowedRequest,
    { revision, time, tools }: { revision: number; time: string; tools: AllowedTool[] },
  ): string {
    const { server, tool } = tools.at(-1)!;
    return this.continuations.issue(org, request, { revision, time, after: { server, tool } });
  }
}

interface Place {
  moment: Moment;
  position: ListPosition | null;
}

function startOf(
  { view, time }: Moment,
  position: ListPosition | null,
): Pick<ListPosition, 'time'> & { after: ListPosition['after'] | null } {
  if (position === null) return { time, after: null };
  const { revision } = view.snapshot;
  if (position.revision !== revision) throw changed(position.revision, revision);
  return position;
}

const changed = (was: number, is: number): AppError =>
  new AppError(
    'FAILED_PRECONDITION',
    `The policy has changed since the listing began (revision ${was}, now ${is}): begin again.`,
    { details: { reason: 'policy_changed', revision: is } },
  );
