import type { ExpectedVersion } from '../storage/expected-version.js';
import { readUint64 } from './fields.js';
import { invalidArgument } from './rpc-error.js';

/** What the options of unary appends, deletes and tombstones have in common. */
interface ExpectedOptions {
  hasAny(): boolean;
  hasNoStream(): boolean;
  hasStreamExists(): boolean;
  hasRevision(): boolean;
  getRevision(): string;
}

export function readExpected(options: ExpectedOptions): ExpectedVersion {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  if (options.hasRevision()) return readUint64(options.getRevision());
  throw invalidArgument('The expected revision is missing');
}
