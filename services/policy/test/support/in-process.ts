import {
  AppError,
  checkRequestSchema,
  newId,
  parseIJson,
  Secret,
  type CheckRequest,
  type Decision,
  type PolicyCommand,
} from '@portcullis/contracts';
import { initialState, organisation, Snapshot, type EngineCommand } from '@portcullis/policy-engine';
import { policyApi, type PolicyApi } from '../../src/check/policy-api.js';

/** The policy of an organisation without broker, store or transport: the same commands, folded here. */
export class InProcessPolicy {
  readonly api: PolicyApi;

  /** Each batch as it was sent to the service; the first registers the organisation. */
  constructor(
    private readonly org: string,
    batches: readonly (readonly PolicyCommand[])[],
  ) {
    let state = initialState;
    let revision = -1;
    for (const commands of batches) {
      const time = new Date().toISOString();
      // The founder is an admin of what has been founded, whoever did that.
      const actor = { kind: 'user' as const, id: state.founder ?? newId() };
      const batch = { org, commandId: newId(), time, actor, commands: commands as readonly EngineCommand[] };
      for (const fact of organisation.decide(batch, state)) {
        state = organisation.evolve(state, fact);
        revision += 1;
      }
    }
    const view = { snapshot: new Snapshot(state, revision), broken: null };
    const replica = { view: () => view, catchUp: () => Promise.resolve() };
    this.api = policyApi(replica, Secret.of('k'.repeat(43)), () => new Date());
  }

  /** As whoever embeds the engine has to ask it: I-JSON that follows the contract. */
  async check(request: CheckRequest): Promise<Decision> {
    const parsed = checkRequestSchema.safeParse(parseIJson(JSON.stringify(request)));
    if (!parsed.success) throw new AppError('INVALID_ARGUMENT', 'The request is invalid.');
    return this.api.checkAccess.run(this.org, parsed.data);
  }
}
