import { newId } from '@portcullis/contracts';
import type { CommandHandler } from '@portcullis/eventing';
import type { Actor, CommandBatch, EngineCommand, Fact, PolicyState } from '@portcullis/policy-engine';
import type { PolicyReplica } from '../replica/policy-replica.js';

/** What became of commands. */
export interface Written {
  /** Facts that were appended: none where all was so already. */
  facts: number;
  /** Of the organisation's last fact. */
  revision: number;
}

const SYSTEM: Actor = { kind: 'system', id: null };

/** The one way in which commands become facts: all of a batch or none, and folded here before anybody is told. */
export class PolicyWriter {
  constructor(
    private readonly handler: CommandHandler<string, CommandBatch, PolicyState, Fact>,
    private readonly replica: Pick<PolicyReplica, 'catchUp'>,
  ) {}

  /**
   * After it, the next decision of this replica counts with the facts.
   * @throws AppError whatever a command is refused with; UNAVAILABLE, and then it may be written
   */
  async write(batch: CommandBatch): Promise<Written> {
    const { org, commandId, actor, time } = batch;
    const context = { correlation: commandId, causation: commandId, actor, time };
    const { events, revision } = await this.handler.handle(org, batch, context);
    await this.replica.catchUp(org, revision);
    return { facts: events.length, revision: Number(revision) };
  }

  /** For what the service itself has seen, which no person asked for. @throws like {@link write} */
  record(org: string, time: string, command: EngineCommand): Promise<Written> {
    return this.write({ org, commandId: newId(), time, actor: SYSTEM, commands: [command] });
  }
}
