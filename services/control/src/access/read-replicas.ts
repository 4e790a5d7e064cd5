import { VERBS, type ActivePolicy, type EachCaller } from '@portcullis/contracts';
import type { Admin } from '../authentication/admin.js';
import type { Assertions } from '../authentication/assertions.js';
import type { Leases } from '../barrier/leases.js';

/** One replica of policy: what it decides on for the organisation, null where it did not say so in time. */
export interface PolicyReplica {
  replica: string;
  revision: number | null;
  policyDigest: string | null;
}

export interface PolicyReplicas {
  replicas: PolicyReplica[];
  /** Every replica has answered, and all decide on the same policy. */
  agree: boolean;
}

/**
 * Asks every replica of policy what it decides on. Which there are, the leases say: one that is silent is listed without
 * an answer. Nothing is stored for this; a replica that doesn't serve can't say anything that matters.
 */
export class ReadReplicas {
  constructor(
    private readonly everyone: EachCaller,
    private readonly assertions: Assertions,
    private readonly leases: Pick<Leases, 'all'>,
  ) {}

  async run(admin: Admin): Promise<PolicyReplicas> {
    const live = (await this.leases.all()).filter(({ service }) => service === 'policy');
    const assertion = this.assertions.issue(admin.principal, 'policy');
    const answers = await this.everyone.call(VERBS.activePolicy, { assertion }, live.length);
    return summarise(
      live.map(({ replica }) => replica),
      answers,
    );
  }
}

/** Of a replica that answers twice (a broker can repeat an answer) the last word counts. */
export function summarise(live: readonly string[], answers: readonly ActivePolicy[]): PolicyReplicas {
  const told = new Map(answers.map((answer) => [answer.replica, answer]));
  const replicas = [...new Set([...live, ...told.keys()])].sort().map((replica) => {
    const { revision = null, policyDigest = null } = told.get(replica) ?? {};
    return { replica, revision, policyDigest };
  });
  const policies = new Set(replicas.map(({ revision, policyDigest }) => `${revision} ${policyDigest}`));
  return { replicas, agree: policies.size === 1 && replicas.every(({ revision }) => revision !== null) };
}
