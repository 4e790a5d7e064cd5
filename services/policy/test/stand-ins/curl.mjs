// Stands in for `curl --silent --show-error --fail-with-body --max-time --config - --header --data URL`.
import { readFileSync } from 'node:fs';
import { parseArguments } from './arguments.mjs';

const { options, operands } = parseArguments({
  '--silent': false,
  '--show-error': false,
  '--fail-with-body': false,
  '--max-time': true,
  '--config': true,
  '--header': true,
  '--data': true,
});
if (options['--config'] !== '-' || operands.length !== 1) throw new Error('usage: curl --config - URL');
const [, configured] = /^header = "(.*)"\n$/.exec(readFileSync(0, 'utf8'));
const response = await fetch(operands[0], {
  method: 'POST',
  headers: [configured, options['--header']].map((header) => header.split(/: (.*)/s).slice(0, 2)),
  body: options['--data'],
  signal: AbortSignal.timeout(Number(options['--max-time']) * 1000),
});
process.stdout.write(await response.text());
if (!response.ok) process.exitCode = 22;
