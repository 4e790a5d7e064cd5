import { AppError } from '@portcullis/contracts';

/** Where a value stands in a JSON text: `text.slice(start, end)`. */
interface Span {
  start: number;
  end: number;
}

const bad = (): AppError =>
  new AppError('UPSTREAM_ERROR', 'The upstream server answered with malformed JSON.');

/**
 * Spans of the values of an object's own members. The text has been accepted by JSON.parse before, so only its structure
 * is followed here. Upstream answers are edited as text because rebuilding them would change what we don't understand
 * (numbers beyond 2^53, member order, escapes).
 */
function members(text: string, from: number): Map<string, Span> {
  const spans = new Map<string, Span>();
  let at = skipBlank(text, from);
  if (text[at] !== '{') throw bad();
  at = skipBlank(text, at + 1);
  while (text[at] !== '}') {
    const keyEnd = skipString(text, at);
    const key = JSON.parse(text.slice(at, keyEnd)) as string;
    // Which of two equal keys counts is up to each reader.
    if (spans.has(key)) throw bad();
    const start = skipBlank(text, skipBlank(text, keyEnd) + 1);
    const end = skipValue(text, start);
    spans.set(key, { start, end });
    at = skipBlank(text, end);
    if (text[at] === ',') at = skipBlank(text, at + 1);
    else if (text[at] !== '}') throw bad();
  }
  return spans;
}

function skipBlank(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1;
  return at;
}

function skipString(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') {
    if (at >= text.length) throw bad();
    at += text[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

function skipValue(text: string, from: number): number {
  const first = text[from];
  if (first === '"') return skipString(text, from);
  return first === '{' || first === '[' ? skipNested(text, from) : skipScalar(text, from);
}

function skipNested(text: string, from: number): number {
  let at = from;
  let depth = 0;
  do {
    const char = text[at];
    if (char === undefined) throw bad();
    if (char === '{' || char === '[') depth += 1;
    if (char === '}' || char === ']') depth -= 1;
    at = char === '"' ? skipString(text, at) : at + 1;
  } while (depth > 0);
  return at;
}

function skipScalar(text: string, from: number): number {
  let at = from;
  while (at < text.length && !',}] \n\r\t'.includes(text.charAt(at))) at += 1;
  return at;
}

/** Gives an upstream's answer the id that the client used; everything else stays as it came. */
export function withId(text: string, id: string | number): string {
  const span = members(text, 0).get('id');
  if (span === undefined) throw bad();
  return text.slice(0, span.start) + JSON.stringify(id) + text.slice(span.end);
}

/** Adds members to the `result` object of an answer, in front; members that are there already stay as they are. */
export function withResultMembers(text: string, additions: Record<string, string | number>): string {
  const result = members(text, 0).get('result');
  if (result === undefined) return text;
  const present = members(text, result.start);
  const missing = Object.entries(additions).filter(([name]) => !present.has(name));
  if (missing.length === 0) return text;
  const inserted = missing
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join(',');
  const separator = present.size > 0 ? ',' : '';
  return `${text.slice(0, result.start + 1)}${inserted}${separator}${text.slice(result.start + 1)}`;
}
