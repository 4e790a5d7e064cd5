import { setTimeout as pause } from 'node:timers/promises';
import { AppError, type Keyring } from '@portcullis/contracts';
import type { Logger } from '@portcullis/platform';
import type { Targets } from '../key-hierarchy/organisation-keys.js';
import { REWRAP_LOCK } from '../storage/advisory-locks.js';
import { exclusively } from '../storage/exclusively.js';
import { rewrapBatch, type RewrapParts } from './rewrap-batch.js';
import type { RewrapRun } from './rewrap-run.js';
import { rotationReport, signReport } from './rotation-report.js';

export interface RewrapJobParts extends RewrapParts {
  readonly keyring: Keyring;
  readonly logger: Logger;
}

const BATCH = 512;
const IDLE_MS = 1_000;
const HELD_UP_MS = 2_000;
/** What replicas that had not heard of the new key yet have left behind is found by going through the table again. */
const PASSES = 3;

/**
 * Goes on with the rewrap that is running, if there is one: on one replica at a time, at its rate, from where the last
 * one came. Owner keys go from one wrapping to another; no credential is touched.
 */
export class RewrapOwnerKeys {
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  private known: { readonly pass: string; readonly targets: Targets } | undefined;

  constructor(private readonly parts: RewrapJobParts) {}

  start(): void {
    this.schedule(IDLE_MS);
  }

  /** One has just been asked for. */
  nudge(): void {
    if (this.working === undefined) this.schedule(0);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.working;
  }

  private schedule(delayMs: number): void {
    if (this.stopping.signal.aborted) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.working = this.turn().finally(() => (this.working = undefined));
    }, delayMs);
    this.timer.unref();
  }

  private async turn(): Promise<void> {
    let delay = IDLE_MS;
    try {
      await exclusively(this.parts.jobs, REWRAP_LOCK, () => this.work());
    } catch (err) {
      delay = HELD_UP_MS;
      this.parts.logger.warn({ err }, 'the rewrap of owner keys is held up; it goes on by itself');
    }
    this.schedule(delay);
  }

  private async work(): Promise<void> {
    for (;;) {
      const run = await this.parts.runs.running();
      if (run === null || this.stopping.signal.aborted) return;
      const began = performance.now();
      const rows = await this.batch(run);
      if (rows === 0) {
        if (await this.isOver(run)) return;
        continue;
      }
      await this.keepRate(run, rows, began);
    }
  }

  private async batch(run: RewrapRun): Promise<number> {
    try {
      const targets = await this.targetsOf(run);
      return await rewrapBatch(this.parts, run, { targets, limit: Math.min(BATCH, run.rowsPerSecond) });
    } catch (error) {
      const problem = error instanceof AppError ? error.message : 'The vault could not go on: see its log.';
      await this.parts.runs.holdUp(run, problem);
      throw error;
    }
  }

  /** Asked once in a pass: a customer's service that hangs is not waited for with every batch. */
  private async targetsOf({ id, passes }: RewrapRun): Promise<Targets> {
    const pass = `${id} ${passes}`;
    if (this.known?.pass !== pass) this.known = { pass, targets: await this.parts.provider.targets() };
    return this.known.targets;
  }

  /** Ends the run when everything is where it belongs, or going through it again would not help. */
  private async isOver(run: RewrapRun): Promise<boolean> {
    const { provider, rows, runs, keyring } = this.parts;
    const targets = await provider.targets();
    const unmovedKeys = await rows.unmoved(targets);
    if (unmovedKeys.length > 0 && run.passes < PASSES) {
      await runs.startPass(run);
      return false;
    }
    const at = keyring.clock();
    const [after, unmoved] = [await rows.byKek(), await rows.countUnmoved(targets)];
    const found = { targets, after, unmoved, unmovedKeys, endedAt: at.toISOString() };
    const report = rotationReport(run, found);
    await runs.end(run, { report: signReport(keyring, report), at });
    this.parts.logger.info(
      { rewrap: run.id, moved: run.moved, unmoved: report.unmoved },
      'owner keys rewrapped',
    );
    return true;
  }

  private async keepRate(run: RewrapRun, rows: number, began: number): Promise<void> {
    const early = (rows / run.rowsPerSecond) * 1000 - (performance.now() - began);
    if (early <= 0) return;
    await pause(early, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
