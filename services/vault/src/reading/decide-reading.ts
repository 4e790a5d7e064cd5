import { MAX_SECTIONS, type PrincipalClaims, type ReadingClaims } from '@portcullis/contracts';
import type { ProofFault } from '../proof/decide-proof.js';

type Reader = Pick<PrincipalClaims, 'org' | 'sub' | 'sid' | 'gen'>;

/**
 * Whether the leave is for whoever control says is asking now. Policy could make any leave, but no such assertion: without an
 * admin who is at it, nothing opens.
 */
export function decideReader(reading: ReadingClaims, reader: Reader): ProofFault | null {
  if (reader.org !== reading.org) return fault('organisation', 'The leave is of another organisation.');
  if (reader.sub !== reading.sub) return fault('reader', 'The leave is for another person.');
  if (reader.sid !== reading.sid) return fault('session', 'The leave is for another session.');
  return null;
}

/** Whether a batch with this number is within what the leave, and its record, are for. */
export function decideBatch(reading: ReadingClaims, batch: number, boxes: number): ProofFault | null {
  if (batch * MAX_SECTIONS + boxes <= reading.boxes) return null;
  return fault('boxes', `The leave is for ${reading.boxes} boxes.`);
}

const fault = (reason: string, message: string): ProofFault => ({ code: 'FORBIDDEN', reason, message });
