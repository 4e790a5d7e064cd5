#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { parseCommandLine, USAGE } from './config.js';
import { startNode } from './node.js';

/** Everything the node creates is for its own user only. */
process.umask(0o077);
// A full disk is what there is most to say about, and standard error is often a file on the same one.
process.stderr.on('error', () => undefined);

async function main(): Promise<void> {
  const options = parseCommandLine(process.argv.slice(2));
  const node = await startNode(options);
  let closing = false;
  const close = () => {
    if (closing) return;
    closing = true;
    void node.close().then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', close);
  process.on('SIGINT', close);
  if (options.untilStdinEnds) process.stdin.on('end', close).resume();
  process.stdout.write(`${JSON.stringify({ ready: true, port: node.port })}\n`);
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exit(1);
}

main().catch(fail);
