import { parseArgs } from 'node:util';
import type { NodeOptions } from './node.js';

export interface CommandLine extends NodeOptions {
  /** End when standard input ends: whoever started the node has gone. */
  untilStdinEnds: boolean;
}

export const USAGE = `portcullis-eventstore --data FILE --credentials-file FILE [--host 127.0.0.1] [--port 0] [--until-stdin-ends] [--any-forgets] [--scavenge-pause-ms 0]`;

/** @throws Error that names the flag */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      data: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '0' },
      'credentials-file': { type: 'string' },
      'until-stdin-ends': { type: 'boolean', default: false },
      'scavenge-pause-ms': { type: 'string', default: '0' },
      'any-forgets': { type: 'boolean', default: false },
    },
  });
  if (!values.data) throw new Error('--data is missing');
  if (!values['credentials-file']) throw new Error('--credentials-file is missing');
  return {
    data: values.data,
    host: values.host,
    port: wholeNumber('--port', values.port, 65_535),
    credentialsFile: values['credentials-file'],
    untilStdinEnds: values['until-stdin-ends'],
    scavengePauseMs: wholeNumber('--scavenge-pause-ms', values['scavenge-pause-ms'], 60_000),
    anyForgets: values['any-forgets'],
  };
}

function wholeNumber(flag: string, text: string, largest: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= largest) return value;
  throw new Error(`${flag} is a number from 0 to ${largest}`);
}
