import { createHash } from 'node:crypto';
import { decidedCallSchema, type Simulation, type VerbCalls } from '@portcullis/contracts';
import { candidateOf, recordedCall, simulationReport, Tally } from '@portcullis/policy-engine';
import type { PolicyHistory } from '../history/policy-history.js';
import type { SealedSections } from '../sealed/sealed-sections.js';
import { decidedPages } from './decided-pages.js';
import { OpenedCalls } from './opened-calls.js';
import { PolicyPairs } from './policy-pairs.js';
import { Turns } from './turns.js';

export interface SimulationParts {
  history: Pick<PolicyHistory, 'at'>;
  audit: VerbCalls;
}

export interface WantedRun {
  org: string;
  simulation: Simulation & { revision: number };
  /** Missing: what is sealed stays so. */
  sections?: SealedSections | undefined;
}

export interface Progress {
  calls: number;
  /** Time of the last record that was decided again. */
  until: string | null;
}

/** Rows between two looks at the clock. */
const LOOK = 16;

/** One simulation from its first call to its report. Whatever it reads, its memory stays bounded. */
export class RunSimulation {
  readonly #tally = new Tally();
  readonly #log = createHash('sha256');
  readonly #turns = new Turns();
  /** Where sealed sections are opened. */
  readonly #opened: OpenedCalls | undefined;
  #until: string | null = null;

  constructor(
    private readonly parts: SimulationParts,
    private readonly wanted: WantedRun,
  ) {
    const { sections } = wanted;
    this.#opened = sections && new OpenedCalls(sections, this.#tally, this.#turns);
  }

  get progress(): Progress {
    return { calls: this.#tally.total, until: this.#until };
  }

  /** @throws AppError what applying the document would, what reading facts and records does; the reason of an abort */
  async run(signal: AbortSignal): Promise<string> {
    const { parts } = this;
    const { org, simulation } = this.wanted;
    const { document, from, to, basis, revision } = simulation;
    const today = await parts.history.at(org, { revision });
    const candidate = document === null ? null : candidateOf(document, today.state);
    const pairs = new PolicyPairs(parts.history, { org, today, candidate, basis });
    for await (const rows of decidedPages(parts.audit, { org, from, to }, signal)) {
      await this.#decideAgain(rows, pairs, signal);
      await this.#opened?.settle(signal);
    }
    return simulationReport({
      simulation,
      tally: this.#tally,
      logDigest: this.#log.digest('base64url'),
      sealed: this.#opened?.summary(),
      today,
      candidate: candidate === null ? null : pairs.candidate,
    });
  }

  async #decideAgain(rows: readonly string[], pairs: PolicyPairs, signal: AbortSignal): Promise<void> {
    for (const [index, row] of rows.entries()) {
      if (index % LOOK === 0 && this.#turns.areOver) await this.#turns.giveWay(signal);
      this.#log.update(`${row}\n`);
      const call = recordedCall(decidedCallSchema.parse(JSON.parse(row)));
      const { revision } = call;
      const known = pairs.known(revision);
      const pair = known === undefined ? await pairs.load(this.wanted.org, revision) : known;
      const replayed = pair?.replay(call) ?? POLICY_UNKNOWN;
      this.#until = call.time;
      if (this.#opened === undefined) this.#tally.add(call, replayed);
      else if (this.#opened.add({ call, pair, replayed })) await this.#opened.settle(signal);
    }
  }
}

const POLICY_UNKNOWN = { exact: false, reason: 'policy_unknown' } as const;
