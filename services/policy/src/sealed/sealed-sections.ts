import { setTimeout as pause } from 'node:timers/promises';
import {
  AppError,
  b64u,
  fromB64u,
  MAX_SECTIONS,
  MAX_SECTIONS_TEXT,
  openedSectionsSchema,
  SealedChannel,
  sectionsSealing,
  VERBS,
  type Keyring,
  type OpenedSection,
  type OpenSectionsRequest,
  type ReplyKey,
  type SealedBox,
  type VerbCalls,
} from '@portcullis/contracts';
import { insist } from '../simulation/insist.js';
import type { CurrentReader } from './current-reader.js';
import type { ReadingLeaves } from './reading-leaves.js';

export interface SectionParts {
  org: string;
  peers: VerbCalls;
  keyring: Keyring;
  leaves: ReadingLeaves;
  reader: CurrentReader;
}

/** The sealed section of a record, and what became of it. `missing`: the record has none. */
export type Section = { box: SealedBox; opened: OpenedSection } | { box: null; opened: { state: 'missing' } };

/** Milliseconds, monotonic. */
export interface Time {
  now(): number;
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

const REAL: Time = {
  now: () => performance.now(),
  pause: (ms, signal) => pause(ms, undefined, { signal }),
};

/** Boxes that are asked for in a second, far below what makes the vault raise its alarm. */
const PER_SECOND = 1000;

/** Sealed sections of an organisation's calls: fetched from audit, opened by the vault, in memory for as long as they are used. */
export class SealedSections {
  #next = 0;

  constructor(
    private readonly parts: SectionParts,
    private readonly time: Time = REAL,
  ) {}

  /**
   * One for each record, in order.
   *
   * @throws AppError when audit or vault can't be had, or leave is refused; the reason of an abort
   */
  async of(recordIds: readonly string[], signal: AbortSignal): Promise<Section[]> {
    const sections: Section[] = [];
    while (sections.length < recordIds.length) {
      const wanted = recordIds.slice(sections.length, sections.length + MAX_SECTIONS);
      const boxes = await this.#boxesOf(wanted, signal);
      const present = boxes.filter((box) => box !== null);
      const opened = [];
      for (const batch of batchesOf(present)) opened.push(...(await this.#open(batch, signal)));
      const states = opened.values();
      for (const box of boxes) {
        sections.push(
          box === null
            ? { box, opened: { state: 'missing' } }
            : { box, opened: states.next().value as OpenedSection },
        );
      }
    }
    return sections;
  }

  /** Of as many of the records as audit answers at once, at least one. */
  #boxesOf(recordIds: string[], signal: AbortSignal): Promise<(SealedBox | null)[]> {
    const { org, peers } = this.parts;
    return insist(async () => {
      const { sections } = await peers.call(VERBS.sealedSections, { org, recordIds });
      if (sections.some(({ recordId }, index) => recordId !== recordIds[index])) {
        throw new AppError('INTERNAL', 'Audit answered about other records than it was asked for.');
      }
      return sections.map(({ box }) => box);
    }, signal);
  }

  /** Each try is a batch of its own: the number of one whose answer got lost is used up. */
  #open(boxes: SealedBox[], signal: AbortSignal): Promise<OpenedSection[]> {
    const { leaves, reader, peers } = this.parts;
    return insist(async () => {
      await this.#pace(boxes.length, signal);
      const current = await reader.current(signal);
      const leave = await leaves.for(current);
      const { reading, receipt, replyKey } = leave;
      const request = {
        reading,
        receipt,
        assertion: current.vaultAssertion,
        batch: leave.batch,
        replyKey: b64u(replyKey.publicKey),
        boxes,
      };
      leave.batch += 1;
      const { sealed } = await peers.call(VERBS.openSections, request);
      return this.#unseal(request, { sealed, replyKey });
    }, signal);
  }

  async #pace(boxes: number, signal: AbortSignal): Promise<void> {
    const now = this.time.now();
    const wait = this.#next - now;
    this.#next = Math.max(now, this.#next) + (boxes * 1000) / PER_SECOND;
    if (wait > 0) await this.time.pause(wait, signal);
  }

  #unseal(
    request: OpenSectionsRequest,
    { sealed, replyKey }: { sealed: string; replyKey: ReplyKey },
  ): OpenedSection[] {
    const channel = new SealedChannel(replyKey, this.parts.keyring.sealKeyOf('vault'));
    try {
      const secret = channel.open(sectionsSealing(request), fromB64u(sealed));
      const opened = openedSectionsSchema.safeParse(JSON.parse(secret.revealText()));
      secret.wipe();
      // Without a cause: what it says could quote a value.
      if (!opened.success || opened.data.length !== request.boxes.length) throw misread();
      return opened.data;
    } finally {
      channel.wipe();
    }
  }
}

const misread = (): AppError =>
  new AppError('INTERNAL', 'The vault answered about other sections than it was asked for.');

/** As many boxes together as fit into a message. */
function batchesOf(boxes: readonly SealedBox[]): SealedBox[][] {
  const batches: SealedBox[][] = [];
  let room = 0;
  for (const box of boxes) {
    room -= box.ciphertext.length;
    const batch = batches.at(-1);
    if (batch === undefined || room < 0) {
      batches.push([box]);
      room = MAX_SECTIONS_TEXT - box.ciphertext.length;
    } else batch.push(box);
  }
  return batches;
}
