import type { JsonValue, ReferencedArgument } from '@portcullis/contracts';
import { UNKNOWN } from '../conditions/path.js';

type Path = readonly string[];
/** An object of which only what rules look at is known. */
class Part {
  /** Without a prototype: a key may be called anything. */
  readonly entries = Object.create(null) as Record<string, unknown>;
  readonly parts = new Map<string, Part>();
}

/** Stands in an object for whatever else it may hold. A rule that looks there too finds that it is not known. */
const REST = '\u0000';

/**
 * Arguments as far as a record says what they were, made for conditions that look at `paths` and nowhere else: at each of them
 * they find what was there, that nothing was, or {@link UNKNOWN}.
 */
export function knownArguments(entries: readonly ReferencedArgument[], paths: readonly Path[]): unknown {
  const whole = entries.find(([path]) => path.length === 0);
  if (whole !== undefined) return whole[1];
  // What holds a value says all of it: it is asked before an entry about what is inside.
  const outermost = [...entries].sort(([a], [b]) => a.length - b.length);
  const root = new Part();
  // The way to a path comes before what is behind it.
  for (const path of [...paths].sort((a, b) => a.length - b.length)) place(root, path, said(outermost, path));
  return root.entries;
}

/** What the entry about a path, or about the way to it, says of it. */
type Said = { at: Path; value: JsonValue } | 'missing' | 'unknown';

function said(entries: readonly ReferencedArgument[], path: Path): Said {
  const about = entries.find(([at]) => at.length <= path.length && at.every((key, n) => key === path[n]));
  if (about === undefined) return 'unknown';
  return about.length === 1 ? 'missing' : { at: about[0], value: about[1] };
}

function place(root: Part, path: Path, what: Said): void {
  if (what === 'missing') return;
  if (what === 'unknown') {
    partAt(root, path).entries[REST] = UNKNOWN;
    return;
  }
  const { at, value } = what;
  partAt(root, at.slice(0, -1)).entries[at.at(-1)!] = value;
}

/** Nothing on the way to the path is known as a whole: else the path would be known too. */
function partAt(root: Part, path: Path): Part {
  let part = root;
  for (const key of path) {
    const next = part.parts.get(key) ?? new Part();
    part.parts.set(key, next);
    part.entries[key] = next.entries;
    part = next;
  }
  return part;
}
