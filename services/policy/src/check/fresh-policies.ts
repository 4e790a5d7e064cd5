import { AppError } from '@portcullis/contracts';
import type { Moment } from '../decisions/policy-decisions.js';
import type { PolicyView } from '../replica/organisation-replica.js';
import type { PolicyReplica } from '../replica/policy-replica.js';

/** How long a question waits for the revision that it asks for. */
const PATIENCE_MS = 200;
const POLL_MS = 5;

/** Views of policies that are not older than whoever asks has already seen. */
export class FreshPolicies {
  /** One reading of an organisation's stream at a time, however many wait for it. */
  readonly #reading = new Map<string, Promise<void>>();

  constructor(
    private readonly replica: Pick<PolicyReplica, 'view' | 'catchUp'>,
    private readonly clock: () => Date,
  ) {}

  /**
   * The policy at `revision` or later. At once where that is known; a policy that can't be verified is given as it is,
   * since it denies everything at whatever revision.
   *
   * @throws AppError STALE when the revision has not come within 200 ms, UNAVAILABLE while nothing may be decided
   */
  atLeast(org: string, revision: number | undefined): Moment | Promise<Moment> {
    const view = this.replica.view(org);
    return revision === undefined || suffices(view, revision) ? this.#at(view) : this.#await(org, revision);
  }

  #at(view: PolicyView): Moment {
    return { view, time: this.clock().toISOString() };
  }

  async #await(org: string, revision: number): Promise<Moment> {
    const deadline = performance.now() + PATIENCE_MS;
    this.#read(org);
    for (;;) {
      const view = this.replica.view(org);
      if (suffices(view, revision)) return this.#at(view);
      if (performance.now() >= deadline) throw stale(view, revision);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  #read(org: string): void {
    if (this.#reading.has(org)) return;
    // A reading that fails leaves it to the subscription, and to the deadline.
    const reading = this.replica
      .catchUp(org)
      .catch(() => undefined)
      .finally(() => this.#reading.delete(org));
    this.#reading.set(org, reading);
  }
}

const suffices = ({ snapshot, broken }: PolicyView, revision: number): boolean =>
  broken !== null || (snapshot.state.org !== null && snapshot.revision >= revision);

const stale = ({ snapshot }: PolicyView, revision: number): AppError =>
  new AppError(
    'STALE',
    `This replica has the policy of revision ${snapshot.revision}; ${revision} was asked for and has not come in time.`,
    { details: { revision: snapshot.revision, atLeastRevision: revision } },
  );
