import { AppError } from '../errors/app-error.js';

/** State of a log: https://c2sp.org/tlog-checkpoint, without extension lines. */
export interface Checkpoint {
  /** Unique name of the log: `<installation host>/audit/<random log id>`. */
  origin: string;
  /** Number of leaves. */
  size: bigint;
  /** Root hash of the RFC 6962 tree, 32 bytes. */
  root: Buffer;
}

const SHAPE = /^([^\n]+)\n(0|[1-9][0-9]{0,19})\n([A-Za-z0-9+/]{43}=)\n$/;

/** `origin \n size \n base64(root) \n`: the text that is signed. @throws AppError `INVALID_ARGUMENT`. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  const text = `${origin}\n${size}\n${root.toString('base64')}\n`;
  parseCheckpoint(text);
  return text;
}

/** @throws AppError `INVALID_ARGUMENT` for anything but exactly the three lines; the signatures are a note's affair. */
export function parseCheckpoint(text: string): Checkpoint {
  const [, origin, size, base64] = SHAPE.exec(text) ?? [];
  if (origin === undefined || size === undefined || base64 === undefined) throw malformed();
  const root = Buffer.from(base64, 'base64');
  // Two spellings of one hash would be two checkpoints of one tree.
  if (root.toString('base64') !== base64 || BigInt(size) >= 1n << 64n) throw malformed();
  return { origin, size: BigInt(size), root };
}

function malformed(): AppError {
  return new AppError(
    'INVALID_ARGUMENT',
    'The text is not a checkpoint of three lines: origin, size, root hash.',
  );
}
