// npm run bench [-- NAME] [--json FILE] [--quick]: runs one benchmark of the workspace, or all of them.
// A benchmark is a `*.bench.mjs` or `*.bench.ts` whose default export is `async (run) => rows`.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { discover } from './bench/discover.mjs';
import { measure } from './bench/measure.mjs';
import { completeRows, machine, table } from './bench/report.mjs';
import { root } from './workspace.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, quick: { type: 'boolean', default: false } },
});
const byName = discover(root);
const wanted = positionals.length > 0 ? positionals : [...byName.keys()].sort();
const unknown = wanted.filter((name) => !byName.has(name));
if (wanted.length === 0 || unknown.length > 0) {
  const known = [...byName.keys()].sort().join(', ') || 'none yet';
  console.error(
    unknown.length > 0 ? `no benchmark called ${unknown.join(', ')}; there is: ${known}` : 'no benchmarks',
  );
  process.exit(1);
}

/**
 * What a benchmark gets: the measuring loop, a place for progress that is not a result, and whether a rough answer is
 * wanted soon rather than a good one.
 */
const run = { measure, say: (line) => process.stderr.write(`${line}\n`), quick: values.quick };

const results = [];
for (const name of wanted) {
  const benchmark = await import(pathToFileURL(byName.get(name)).href);
  const rows = completeRows(name, await benchmark.default(run));
  results.push({ name, machine: machine(), rows });
  console.log(`\n${name}\n${table(rows)}`);
}
if (values.json) {
  const content = positionals.length === 1 ? results[0] : results;
  writeFileSync(values.json, `${JSON.stringify(content, null, 2)}\n`);
}
