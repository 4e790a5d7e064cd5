import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decidedCallSchema, type Simulation, type VerbCalls } from '@portcullis/contracts';
import {
  candidateOf,
  recordedCall,
  simulationReport,
  Tally,
  type RecordedCall,
} from '@portcullis/policy-engine';
import type { PolicyHistory } from '../history/policy-history.js';
import { decidedPages } from './decided-pages.js';
import { PolicyPairs } from './policy-pairs.js';

export interface SimulationParts {
  history: Pick<PolicyHistory, 'at'>;
  audit: VerbCalls;
}

export interface Progress {
  calls: number;
  /** Time of the last record that was decided again. */
  until: string | null;
}

/** So long the process does nothing else: what is decided meanwhile waits for it at most. */
const SLICE_MS = 3;
/** Rows between two looks at the clock. */
const LOOK = 16;

/** One simulation from its first call to its report. Whatever it reads, its memory stays bounded. */
export class RunSimulation {
  readonly #tally = new Tally();
  readonly #log = createHash('sha256');
  #until: string | null = null;
  #sliceEnds = 0;

  constructor(
    private readonly parts: SimulationParts,
    private readonly org: string,
    private readonly simulation: Simulation & { revision: number },
  ) {}

  get progress(): Progress {
    return { calls: this.#tally.total, until: this.#until };
  }

  /** @throws AppError what applying the document would, what reading facts and records does; the reason of an abort */
  async run(signal: AbortSignal): Promise<string> {
    const { org, simulation, parts } = this;
    const { document, from, to, basis, revision } = simulation;
    const today = await parts.history.at(org, { revision });
    const candidate = document === null ? null : candidateOf(document, today.state);
    const pairs = new PolicyPairs(parts.history, { org, today, candidate, basis });
    for await (const rows of decidedPages(parts.audit, { org, from, to }, signal)) {
      await this.#decideAgain(rows, pairs, signal);
    }
    return simulationReport({
      simulation,
      tally: this.#tally,
      logDigest: this.#log.digest('base64url'),
      today,
      candidate: candidate === null ? null : pairs.candidate,
    });
  }

  async #decideAgain(rows: readonly string[], pairs: PolicyPairs, signal: AbortSignal): Promise<void> {
    for (const [index, row] of rows.entries()) {
      if (index % LOOK === 0 && performance.now() > this.#sliceEnds) await this.#giveWay(signal);
      this.#log.update(`${row}\n`);
      const call = recordedCall(decidedCallSchema.parse(JSON.parse(row)));
      const { revision } = call;
      const known = pairs.known(revision);
      const pair = known === undefined ? await pairs.load(this.org, revision) : known;
      this.#count(call, pair);
    }
  }

  #count(call: RecordedCall, pair: Awaited<ReturnType<PolicyPairs['load']>>): void {
    this.#tally.add(call, pair?.replay(call) ?? { exact: false, reason: 'policy_unknown' });
    this.#until = call.time;
  }

  async #giveWay(signal: AbortSignal): Promise<void> {
    await nextTurn();
    signal.throwIfAborted();
    this.#sliceEnds = performance.now() + SLICE_MS;
  }
}
