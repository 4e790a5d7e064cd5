import type { DecidedCallsReply, DecidedCallsRequest, SealedBox } from '@portcullis/contracts';

/** A decided call as a reply has it, and where it stands. */
export interface DecidedRow {
  position: NonNullable<DecidedCallsReply['next']>;
  /** Canonical JSON of a `DecidedCall`. */
  text: string;
}

/** Intents and denials of calls as an organisation sees them. An adapter promises that no row of another one comes out. */
export interface DecidedCallsView {
  /** With from ≤ time < to and behind `after`, by (time, recordId), `limit` of them if there are so many. */
  decidedCalls(org: string, request: Omit<DecidedCallsRequest, 'org'>): Promise<DecidedRow[]>;
  /** By recordId, of those among them that are such records: the box that is about whoever made the call, null without one. */
  sealedBoxes(org: string, recordIds: readonly string[]): Promise<Map<string, SealedBox | null>>;
}
