// node apps/cli/bench/profile-top.mjs [--skip SECONDS] FILE.cpuprofile…: where processor profiles (node --cpu-prof) say that
// the time went: by function, callees not included; by function of ours and by package, callees included. Shares are of
// the time that was not idle, after the seconds to skip: a start would hide what comes after it.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const ROWS = 30;
/** At the end the profile itself is written. */
const NOT_WORK = new Set(['(idle)', '(root)', 'reallyExit']);

/** Microseconds by name. What is on the stack several times counts once. */
function sums({ nodes, samples, timeDeltas }, skip) {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const [own, ours, packages] = [new Map(), new Map(), new Map()];
  let [busy, at] = [0, 0];
  for (const [index, id] of samples.entries()) {
    // The time since the sample before (Chrome DevTools Protocol).
    const micros = Math.max(0, timeDeltas[index]);
    at += micros;
    if (at < skip || NOT_WORK.has(byId.get(id).functionName)) continue;
    busy += micros;
    const stack = [];
    for (let each = id; each !== undefined; each = parents.get(each)) stack.push(byId.get(each));
    add(own, [nameOf(stack[0])], micros);
    add(ours, stack.filter(isOurs).map(nameOf), micros);
    add(packages, stack.map(packageOf), micros);
  }
  return { own, ours, packages, busy };
}

function add(map, names, micros) {
  for (const name of new Set(names)) {
    if (name !== null) map.set(name, (map.get(name) ?? 0) + micros);
  }
}

function nameOf({ functionName, url, lineNumber }) {
  const name = functionName || '(anonymous)';
  const place = url.replace(/^file:\/\//, '').replace(/^.*\/(?=(?:node_modules|services|libs|apps)\/)/, '');
  return place === '' ? name : `${name}  ${place}:${lineNumber + 1}`;
}

const isOurs = (frame) => /^(?:services|libs|apps)\//.test(packageOf(frame) ?? '');

/** Null for frames of the engine and of Node, which belong to whoever called them. */
function packageOf({ url }) {
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  return installed ?? /.*\/((?:services|libs|apps)\/[^/]+)\//.exec(url)?.[1] ?? null;
}

function print(title, micros, busy) {
  console.log(`\n  ${title}`);
  for (const [name, value] of [...micros].sort(([, a], [, b]) => b - a).slice(0, ROWS)) {
    const share = ((100 * value) / busy).toFixed(1);
    console.log(`  ${share.padStart(5)} %  ${(value / 1000).toFixed(0).padStart(7)} ms  ${name}`);
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { skip: { type: 'string', default: '0' } },
});
for (const file of positionals) {
  const { own, ours, packages, busy } = sums(
    JSON.parse(readFileSync(file, 'utf8')),
    Number(values.skip) * 1e6,
  );
  console.log(`\n${file}: busy for ${(busy / 1e6).toFixed(1)} s`);
  print('by function, own time', own, busy);
  print('by function of ours, with all that it calls', ours, busy);
  print('by package, with all that it calls', packages, busy);
}
