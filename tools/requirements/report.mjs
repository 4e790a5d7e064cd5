/**
 * Joins the list of requirements with the citations found in tests.
 * @param {readonly {id: string, text: string, claimed: boolean, note?: string}[]} requirements
 * @param {import('./scan.mjs').Citation[]} citations
 */
export function joinTests(requirements, citations) {
  return requirements.map(({ id, text, claimed }) => ({
    id,
    text,
    claimed,
    tests: [...new Set(citations.filter((c) => c.live && c.id === id).map((c) => c.test))].sort(),
  }));
}

/** What is wrong with the claims; empty when every claimed id is proven and every cited id exists. */
export function problems(requirements, citations) {
  const ids = requirements.map((requirement) => requirement.id);
  const unknown = citations.filter((c) => !ids.includes(c.id)).map((c) => `${c.where}: unknown id ${c.id}`);
  const dead = citations
    .filter((c) => !c.live)
    .map((c) => `${c.where}: ${c.id} is cited where no test can run`);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} is listed twice`);
  const bare = joinTests(requirements, citations)
    .filter((entry) => entry.claimed && entry.tests.length === 0)
    .map((entry) => `${entry.id} is claimed, but no test verifies it`);
  return [...unknown, ...dead, ...twice, ...bare];
}

/** A table for people: id, state, number of tests, text. */
export function table(requirements, citations, width = 110) {
  const notes = new Map(requirements.map((requirement) => [requirement.id, requirement.note]));
  const lines = joinTests(requirements, citations).map(({ id, text, claimed, tests }) => {
    const state = claimed ? 'claimed' : notes.get(id) || tests.length > 0 ? 'partly' : '-';
    const head = `${id.padEnd(4)} ${state.padEnd(8)} ${String(tests.length).padStart(5)}  `;
    const room = Math.max(20, width - head.length);
    return head + (text.length > room ? `${text.slice(0, room - 1)}…` : text);
  });
  return ['id   state    tests  text', ...lines].join('\n');
}
