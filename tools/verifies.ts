import { requirements } from '../docs/requirements.js';

const known = new Set(requirements.map((requirement) => requirement.id));

/**
 * Says that the enclosing `it` or `describe` (or, at the top of a file, the whole file) proves these features of
 * `docs/requirements.ts`. The map of requirement → tests is read from the source (`tools/requirements/scan.mjs`), so ids
 * must be string literals. Throws on an id that does not exist: a typo must not look like proof.
 */
export function verifies(...ids: string[]): void {
  if (ids.length === 0) throw new Error('verifies() needs at least one requirement id');
  for (const id of ids) {
    if (!known.has(id)) throw new Error(`verifies('${id}'): no such requirement in docs/requirements.ts`);
  }
}
