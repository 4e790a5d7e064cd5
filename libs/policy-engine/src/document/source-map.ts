import type { Finding, LocatedFinding, Place } from './finding.js';
import { parentPointer } from './pointer.js';

export type Places = ReadonlyMap<string, Place>;

/** A part of a document that was written somewhere: `at` is its pointer there. */
interface Origin {
  places: Places;
  at: string;
}

const NOWHERE: Place = { file: '', line: 1, column: 1 };

/** Where every part of a policy document was written. */
export class SourceMap {
  readonly #origins = new Map<string, Origin>();

  /** Says that this part of the document, and all in it, comes from there. What was said first holds. */
  add(part: string, origin: Origin): void {
    if (!this.#origins.has(part)) this.#origins.set(part, origin);
  }

  /** The place of what the pointer names, or of the nearest thing around it. */
  placeOf(at: string): Place {
    for (let here: string | undefined = at; here !== undefined; here = parentPointer(here)) {
      const origin = this.#origins.get(here);
      if (origin !== undefined) return nearestPlace(origin.places, origin.at + at.slice(here.length));
    }
    return NOWHERE;
  }

  locate(finding: Finding): LocatedFinding {
    return { ...finding, ...this.placeOf(finding.at) };
  }
}

export function nearestPlace(places: Places, at: string): Place {
  for (let here: string | undefined = at; here !== undefined; here = parentPointer(here)) {
    const place = places.get(here);
    if (place !== undefined) return place;
  }
  return NOWHERE;
}
