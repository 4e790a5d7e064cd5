// node apps/cli/bench/profile-top.mjs FILE.cpuprofile…: where processor profiles (node --cpu-prof) say that the time went:
// by function, callees not included, and by package, callees included. Shares are of the time that was not idle.
import { readFileSync } from 'node:fs';

const FUNCTIONS = 30;
const PACKAGES = 20;
const NOT_WORK = new Set(['(idle)', '(root)']);

for (const file of process.argv.slice(2)) {
  const profile = JSON.parse(readFileSync(file, 'utf8'));
  const { own, within, busy } = sums(profile);
  console.log(`\n${file}: busy for ${(busy / 1e6).toFixed(1)} s`);
  print('by function, own time', own, { busy, rows: FUNCTIONS });
  print('by package, with all that it calls', within, { busy, rows: PACKAGES });
}

/** Microseconds by function and by package; a package counts once per sample, however often it is on the stack. */
function sums({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const [own, within] = [new Map(), new Map()];
  let busy = 0;
  for (const [index, id] of samples.entries()) {
    const { callFrame } = byId.get(id);
    if (NOT_WORK.has(callFrame.functionName)) continue;
    // A delta is the time since the sample before; the first sample has none of its own (Chrome DevTools Protocol).
    const micros = Math.max(0, timeDeltas[index]);
    busy += micros;
    add(own, nameOf(callFrame), micros);
    const packages = new Set();
    for (let at = id; at !== undefined; at = parents.get(at)) packages.add(packageOf(byId.get(at).callFrame));
    packages.delete(null);
    for (const name of packages) add(within, name, micros);
  }
  return { own, within, busy };
}

function add(map, key, micros) {
  map.set(key, (map.get(key) ?? 0) + micros);
}

function nameOf({ functionName, url, lineNumber }) {
  const name = functionName || '(anonymous)';
  const place = url.replace(/^file:\/\//, '').replace(/^.*\/(?=node_modules\/|services\/|libs\/|apps\/)/, '');
  return place === '' ? name : `${name}  ${place}:${lineNumber + 1}`;
}

/** Null for frames of the engine and of Node, which belong to whoever called them. */
function packageOf({ url }) {
  const [, ours, installed] =
    /(?:.*\/((?:services|libs|apps)\/[^/]+)\/|)(?:.*node_modules\/((?:@[^/]+\/)?[^/]+))?/.exec(url);
  return installed ?? ours ?? null;
}

function print(title, micros, { busy, rows }) {
  console.log(`\n  ${title}`);
  const sorted = [...micros].sort(([, a], [, b]) => b - a).slice(0, rows);
  for (const [name, value] of sorted) {
    const share = ((100 * value) / busy).toFixed(1);
    console.log(`  ${share.padStart(5)} %  ${(value / 1000).toFixed(0).padStart(7)} ms  ${name}`);
  }
}
