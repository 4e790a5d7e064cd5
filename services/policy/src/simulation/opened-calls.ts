import { createHash } from 'node:crypto';
import { canonicalJson, MAX_SECTIONS, type InexactReason } from '@portcullis/contracts';
import type { PolicyPair, RecordedCall, Replayed, Tally } from '@portcullis/policy-engine';
import type { Section, SealedSections } from '../sealed/sealed-sections.js';
import type { Turns } from './turns.js';

/** A call that has been decided again by what its record says openly. */
export interface Decided {
  call: RecordedCall;
  /** Null: the policy has no such revision. */
  pair: PolicyPair | null;
  replayed: Replayed;
}

/** A policy of the past takes memory: so many different ones are waited with at most. */
const MAX_PAIRS = 4;

const SEALED: ReadonlySet<InexactReason> = new Set(['arguments_sealed', 'address_sealed']);

const isSealed = ({ replayed }: Decided): boolean => !replayed.exact && SEALED.has(replayed.reason);

/**
 * Decides those calls once more that depend on what is sealed, by what is in it, and counts all of them in their order. Calls
 * that don't depend on it cost nothing more.
 */
export class OpenedCalls {
  #held: Decided[] = [];
  #wanted = 0;
  #looked = 0;
  readonly #pairs = new Set<PolicyPair>();
  readonly #log = createHash('sha256');

  constructor(
    private readonly sections: SealedSections,
    private readonly tally: Tally,
    private readonly turns: Turns,
  ) {}

  /** True: it is time to {@link settle} before any more is added. */
  add(decided: Decided): boolean {
    if (this.#held.length === 0 && !isSealed(decided)) {
      this.tally.add(decided.call, decided.replayed);
      return false;
    }
    // Of the others the policy is not needed any more, which takes memory.
    this.#held.push(isSealed(decided) ? decided : { ...decided, pair: null });
    if (isSealed(decided)) {
      this.#wanted += 1;
      this.#pairs.add(decided.pair!);
    }
    return this.#wanted >= MAX_SECTIONS || this.#pairs.size >= MAX_PAIRS;
  }

  /** @throws AppError as {@link SealedSections.of} */
  async settle(signal: AbortSignal): Promise<void> {
    const held = this.#held;
    const wanted = held.filter(isSealed).map(({ call }) => call.recordId);
    this.#held = [];
    this.#wanted = 0;
    this.#pairs.clear();
    if (wanted.length === 0) return;
    const sections = (await this.sections.of(wanted, signal)).values();
    for (const decided of held) {
      if (this.turns.areOver) await this.turns.giveWay(signal);
      const replayed = isSealed(decided) ? this.#open(decided, sections.next().value!) : decided.replayed;
      this.tally.add(decided.call, replayed);
    }
  }

  /** What was looked at, as ciphertext: a digest of values could be guessed. */
  summary(): { digest: string; sections: number } {
    return { digest: this.#log.digest('base64url'), sections: this.#looked };
  }

  #open({ call, pair }: Decided, { box, opened }: Section): Replayed {
    this.#looked += 1;
    this.#log.update(`${canonicalJson([call.recordId, opened.state, box && { ...box }])}\n`);
    if (opened.state === 'opened') return pair!.replayOpened(call, opened.section);
    return { exact: false, reason: `sealed_${opened.state}` };
  }
}
