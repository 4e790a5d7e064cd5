import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
  Scalar,
  type CST,
  type Document,
  type ParsedNode,
} from 'yaml';
import type { FindingCode, Place } from './finding.js';
import { pointer, type Path } from './pointer.js';
import { plainScalar, text, type ScalarValue } from './yaml-scalar.js';

/** UTF-16 units of one file. */
export const MAX_FILE_LENGTH = 1024 * 1024;
/** Nesting of mappings and lists. A policy needs about 20; conditions may be 16 deep. */
const MAX_DEPTH = 48;
/** Of one file. */
export const MAX_PROBLEMS = 100;

export interface YamlProblem extends Place {
  code: FindingCode;
  at: string;
  reason: string;
}

export interface YamlFile {
  value: unknown;
  /** JSON Pointer → where that value's key (or the value itself) is written. */
  places: Map<string, Place>;
  problems: YamlProblem[];
}

/** Not merged, no custom tags: what is not in the JSON data model is a problem, not a surprise. */
const OPTIONS = {
  version: '1.2',
  schema: 'failsafe',
  merge: false,
  uniqueKeys: false,
  strict: true,
} as const;

/**
 * Reads one YAML 1.2 document of the JSON data model: no anchors, aliases, tags, directives or merge keys, no key twice, no
 * scalar that is read differently elsewhere. Whatever breaks this is reported with its place; `value` is then unusable.
 */
export function readYaml(file: string, source: string): YamlFile {
  const reader = new YamlReader(file);
  return { value: reader.read(source), places: reader.places, problems: reader.problems };
}

class YamlReader {
  readonly places = new Map<string, Place>();
  readonly problems: YamlProblem[] = [];
  readonly #lines = new LineCounter();

  constructor(private readonly file: string) {}

  read(source: string): unknown {
    if (source.length > MAX_FILE_LENGTH) {
      this.#problem('file-unreadable', 0, [], `the file is larger than ${MAX_FILE_LENGTH} characters`);
      return undefined;
    }
    const tokens = [...new Parser(this.#lines.addNewLine).parse(source)];
    if (tokens.some(isTooDeep)) {
      this.#problem('yaml-syntax', 0, [], `nested more than ${MAX_DEPTH} deep`);
      return undefined;
    }
    const directive = tokens.find(({ type }) => type === 'directive');
    if (directive !== undefined) {
      this.#problem('yaml-syntax', directive.offset, [], 'directives are not taken');
      return undefined;
    }
    const documents = [...new Composer(OPTIONS).compose(tokens)];
    return this.#document(documents as Document.Parsed[]);
  }

  #document(documents: Document.Parsed[]): unknown {
    const [document, second] = documents;
    if (document === undefined || document.contents === null) {
      this.#problem('file-unreadable', 0, [], 'there is no document in the file');
      return undefined;
    }
    if (second !== undefined) {
      this.#problem('yaml-syntax', second.range[0], [], 'a file holds one document: split it at the ---');
    }
    for (const { pos, message } of [...document.errors, ...document.warnings]) {
      this.#problem('yaml-syntax', pos[0], [], firstLine(message));
    }
    return this.#value(document.contents, []);
  }

  #value(node: ParsedNode | null, path: Path): unknown {
    if (node === null) return this.#scalar('invalid-value', 0, path, plainScalar(''));
    const [start] = node.range;
    const at = pointer(path);
    if (!this.places.has(at)) this.places.set(at, this.#place(start));
    if (isAlias(node))
      return this.#problem('yaml-syntax', start, path, 'aliases are not taken: write it out');
    if (node.anchor !== undefined) this.#problem('yaml-syntax', start, path, 'anchors are not taken');
    if (node.tag !== undefined && node.tag !== '') {
      this.#problem('yaml-syntax', start, path, 'tags are not taken: a value is what it looks like');
    }
    if (isSeq(node))
      return node.items.map((item, index) => this.#value(item as ParsedNode, [...path, index]));
    if (isMap(node)) return this.#map(node.items as MapItems, path);
    return this.#scalarNode(node, path);
  }

  #map(items: MapItems, path: Path): Record<string, unknown> {
    const seen = new Map<string, Place>();
    const entries: [string, unknown][] = [];
    for (const { key, value } of items) {
      const name = this.#key(key, path);
      if (name === undefined) continue;
      const place = this.#place(key!.range[0]);
      const before = seen.get(name);
      if (before !== undefined) {
        const reason = `"${name}" is written twice, first in line ${before.line}`;
        this.#problem('duplicate-key', key!.range[0], [...path, name], reason);
        continue;
      }
      seen.set(name, place);
      this.places.set(pointer([...path, name]), place);
      entries.push([name, this.#value(value, [...path, name])]);
    }
    return Object.fromEntries(entries);
  }

  #key(key: ParsedNode | null, path: Path): string | undefined {
    if (!isScalar(key)) {
      const start = key === null ? 0 : (key as ParsedNode).range[0];
      return this.#problem('yaml-syntax', start, path, 'a key must be text');
    }
    const value = this.#value(key, [...path, String(key.source)]);
    const start = key.range[0];
    if (value === '<<')
      return this.#problem('yaml-syntax', start, path, 'merge keys are not taken: write it out');
    if (value === '__proto__') return this.#problem('yaml-syntax', start, path, '"__proto__" is no key');
    if (typeof value === 'string') return value;
    return value === undefined
      ? undefined
      : this.#problem('yaml-scalar', start, path, 'a key must be text: quote it');
  }

  #scalarNode(node: Scalar.Parsed, path: Path): unknown {
    const isPlain = node.type === Scalar.PLAIN;
    const read = isPlain ? plainScalar(node.source) : text(node.source);
    return this.#scalar('yaml-scalar', node.range[0], path, read);
  }

  #scalar(code: FindingCode, offset: number, path: Path, read: ScalarValue): unknown {
    return 'problem' in read ? this.#problem(code, offset, path, read.problem) : read.value;
  }

  #place(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #problem(code: FindingCode, offset: number, path: Path, reason: string): undefined {
    if (this.problems.length >= MAX_PROBLEMS) return;
    this.problems.push({ code, at: pointer(path), reason: brief(reason), ...this.#place(offset) });
  }
}

type MapItems = { key: ParsedNode | null; value: ParsedNode | null }[];

const MAX_REASON = 300;

/** What is quoted from a file may be as long as the file. */
export const brief = (reason: string): string =>
  reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON - 1)}…` : reason;

/** The parser's messages show the place in further lines; ours have it beside them. */
const firstLine = (message: string): string =>
  message.split('\n', 1)[0]!.replace(/ at line \d+, column \d+:?$/, '');

/** Looked at before anything recursive sees the tokens. */
function isTooDeep(token: CST.Token): boolean {
  const open: { token: CST.Token; depth: number }[] = [{ token, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.depth > MAX_DEPTH) return true;
    for (const inner of within(next.token)) open.push({ token: inner, depth: next.depth + 1 });
  }
  return false;
}

function within(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value === undefined ? [] : [token.value];
  if (!('items' in token)) return [];
  return token.items.flatMap(({ key, value }) =>
    [key, value].filter((inner) => inner !== null && inner !== undefined),
  );
}
