import { newId } from '@portcullis/contracts';
import { decideQuestion, explainVerdict, organisation, Snapshot } from '@portcullis/policy-engine';
import { fact, questionOf, stateOf, storedRule } from './contenders/ours.mjs';
import { makeWorkload } from './workload.mjs';

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Facts, each of which makes a new revision: of a person, of a tool, of the rules. */
function changesOf({ people, servers, tools, rules }) {
  const srv = servers.find(({ slug }) => slug === tools[0].slug).srv;
  return {
    'a role granted': (n) => fact('RoleGranted', { user: people[n].user, role: `role-${(n * 7) % 100}` }),
    'a tool labelled': (n) => fact('ToolLabelled', { srv, tool: `new_${n}`, label: 'read' }),
    'a rule added': (n) =>
      fact('RuleAdded', { rule: { ...storedRule(rules[n % rules.length], servers), id: `new-${n}` } }),
  };
}

/** From a new fact to the first decision under it, and to the next ones of other people: what a change costs. */
export function changeRows(run, size) {
  const workload = makeWorkload(size);
  const rounds = run.quick ? 5 : 15;
  const before = stateOf(workload);
  const questions = workload.calls.map(questionOf);
  const decide = (snapshot, n) =>
    explainVerdict(decideQuestion(snapshot, questions[n % questions.length]), snapshot, newId());
  const warm = new Snapshot(before, 7);
  questions.forEach((_, n) => decide(warm, n));
  return Object.entries(changesOf(workload)).flatMap(([what, factOf]) => {
    let state = before;
    const [firsts, nexts] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      const started = performance.now();
      state = organisation.evolve(state, factOf(round));
      const snapshot = new Snapshot(state, 8 + round);
      decide(snapshot, round);
      const first = performance.now();
      for (let n = 1; n <= 20; n += 1) decide(snapshot, round + n * 37);
      firsts.push(first - started);
      nexts.push((performance.now() - first) / 20);
    }
    const name = `${size.toLocaleString('en-GB')} rules, ${what}`;
    return [
      { metric: `${name}: to the first check`, value: median(firsts), unit: 'ms' },
      { metric: `${name}: each of the next 20`, value: median(nexts) * 1000, unit: 'µs' },
    ];
  });
}
