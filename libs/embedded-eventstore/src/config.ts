import { parseArgs } from 'node:util';
import type { NodeOptions } from './node.js';

export interface CommandLine extends NodeOptions {
  /** End when standard input ends: whoever started the node has gone. */
  untilStdinEnds: boolean;
}

export const USAGE = `portcullis-eventstore --data FILE --credentials-file FILE [--host 127.0.0.1] [--port 0] [--until-stdin-ends] [--any-forgets]`;

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
      'any-forgets': { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  if (!values.data) throw new Error('--data is missing');
  if (!values['credentials-file']) throw new Error('--credentials-file is missing');
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error('--port is a number from 0 to 65535');
  return {
    data: values.data,
    host: values.host,
    port,
    credentialsFile: values['credentials-file'],
    untilStdinEnds: values['until-stdin-ends'],
    anyForgets: values['any-forgets'],
  };
}
