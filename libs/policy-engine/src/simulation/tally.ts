import type { InexactReason, SimulationReport } from '@portcullis/contracts';
import type { RecordedCall } from './recorded-call.js';
import type { Replayed } from './replay.js';

type Flips = SimulationReport['flips'];
type Flip = Extract<Replayed, { exact: true }>;

/** A line of the report: how many calls, and the first of them. */
interface Line<What> {
  what: What;
  calls: number;
  samples: string[];
}

/** Different users, tools or pairs of rules that are told apart; further ones are only counted. */
const MAX_LINES = 20_000;

/** Lines by key, in bounded memory. */
class Lines<What> {
  readonly #lines = new Map<string, Line<What>>();
  #others = 0;

  constructor(
    private readonly samples: number,
    private readonly shown = 500,
  ) {}

  add(what: What, recordId: string): void {
    const key = JSON.stringify(what);
    let line = this.#lines.get(key);
    if (line === undefined) {
      if (this.#lines.size >= MAX_LINES) {
        this.#others += 1;
        return;
      }
      line = { what, calls: 0, samples: [] };
      this.#lines.set(key, line);
    }
    line.calls += 1;
    if (line.samples.length < this.samples) line.samples.push(recordId);
  }

  /** Most calls first, then by what they are about: the same calls give the same order. */
  sorted(): { lines: Line<What>[]; others: number } {
    const all = [...this.#lines].sort(([a, { calls: m }], [b, { calls: n }]) => n - m || (a < b ? -1 : 1));
    const cut = all.slice(this.shown).reduce((sum, [, { calls }]) => sum + calls, 0);
    return { lines: all.slice(0, this.shown).map(([, line]) => line), others: this.#others + cut };
  }
}

/** What calls that are decided again add up to, in bounded memory, in the order in which they come. */
export class Tally {
  #total = 0;
  #exact = 0;
  #flipped = 0;
  readonly #inexact = new Lines<InexactReason>(10);
  readonly #byDecision = new Lines<Pick<Flips['byDecision'][number], 'from' | 'to'>>(20);
  readonly #byRule = new Lines<Pick<Flips['byRule'][number], 'from' | 'to'>>(5);
  readonly #byUser = new Lines<Pick<Flips['byUser'][number], 'user' | 'from' | 'to'>>(3);
  readonly #byTool = new Lines<Pick<Flips['byTool'][number], 'srv' | 'tool' | 'op' | 'from' | 'to'>>(3);

  get total(): number {
    return this.#total;
  }

  add(call: RecordedCall, replayed: Replayed): void {
    this.#total += 1;
    if (!replayed.exact) {
      this.#inexact.add(replayed.reason, call.recordId);
      return;
    }
    this.#exact += 1;
    if (replayed.from.decision !== replayed.to.decision) this.#flip(call, replayed);
  }

  #flip({ recordId, user, srv, tool, op }: RecordedCall, { from, to }: Flip): void {
    this.#flipped += 1;
    const change = { from: from.decision, to: to.decision };
    this.#byDecision.add(change, recordId);
    this.#byRule.add({ from, to }, recordId);
    this.#byUser.add({ user, ...change }, recordId);
    this.#byTool.add({ srv, tool, op, ...change }, recordId);
  }

  report(): Pick<SimulationReport, 'calls' | 'flips' | 'inexact'> {
    const [total, exact] = [this.#total, this.#exact];
    const exactShare = total === 0 ? 1 : Math.floor((exact / total) * 1_000_000) / 1_000_000;
    const [byRule, byUser, byTool] = [this.#byRule.sorted(), this.#byUser.sorted(), this.#byTool.sorted()];
    return {
      calls: { total, exact, exactShare },
      flips: {
        total: this.#flipped,
        byDecision: this.#byDecision.sorted().lines.map(flat),
        byRule: byRule.lines.map(flat),
        byUser: byUser.lines.map(flat),
        byTool: byTool.lines.map(flat),
        others: { byRule: byRule.others, byUser: byUser.others, byTool: byTool.others },
      },
      inexact: this.#inexact
        .sorted()
        .lines.map(({ what: reason, calls, samples }) => ({ reason, calls, samples })),
    };
  }
}

const flat = <What extends object>({
  what,
  calls,
  samples,
}: Line<What>): What & Omit<Line<What>, 'what'> => ({
  ...what,
  calls,
  samples,
});
