import { VERBS, type AppendResult, type VerbCaller } from '@portcullis/contracts';
import type { Logger } from '@portcullis/platform';
import type { PendingFact, PendingFacts } from './pending-facts.js';

const BATCH = 64;
const IDLE_MS = 1000;
const FAILED_MS = 2000;

/**
 * Sends what is in the outbox to audit until audit says that it is recorded. Facts are sent again after a crash or a
 * lost answer; their deterministic record ids make that harmless.
 */
export class RelayFacts {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;
  private nudged = false;

  constructor(
    private readonly pending: PendingFacts,
    private readonly audit: VerbCaller,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.schedule(0);
  }

  /** Something was written: send it now instead of at the next turn. */
  nudge(): void {
    this.nudged = true;
    if (this.running === undefined) this.schedule(0);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(delayMs: number): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.running = this.turn().finally(() => (this.running = undefined));
    }, delayMs);
  }

  private async turn(): Promise<void> {
    this.nudged = false;
    let delay = IDLE_MS;
    try {
      await this.pending.exclusively(() => this.drain());
    } catch (err) {
      delay = FAILED_MS;
      this.logger.warn({ err }, 'facts could not be relayed to audit; they stay in the outbox');
    }
    this.schedule(this.nudged ? 0 : delay);
  }

  private async drain(): Promise<void> {
    while (!this.stopped) {
      const facts = await this.pending.due(BATCH);
      if (facts.length === 0) return;
      const { results } = await this.audit.call(VERBS.append, { entries: facts.map(({ entry }) => entry) });
      await this.settle(facts, results);
      if (facts.length < BATCH) return;
    }
  }

  private async settle(facts: readonly PendingFact[], results: readonly AppendResult[]): Promise<void> {
    const recorded = new Map<string, string[]>();
    for (const [index, { entry }] of facts.entries()) {
      const result = results[index];
      if (result?.status === 'recorded' && result.recordId === entry.recordId) {
        recorded.set(entry.org, [...(recorded.get(entry.org) ?? []), entry.recordId]);
        continue;
      }
      const refusal = result?.status === 'refused' ? result.code : 'no answer for this record';
      this.logger.error({ recordId: entry.recordId, action: entry.action, refusal }, 'audit refused a fact');
      await this.pending.postpone(entry.org, entry.recordId, refusal);
    }
    for (const [org, ids] of recorded) await this.pending.remove(org, ids);
  }
}
