import { AppError } from '../errors/app-error.js';
import { isWellFormed } from './well-formed.js';

const MAX_POINTER = 200;
const WHITE_SPACE = /[\t\n\r ]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y;
const LITERAL = /true|false|null/y;

/**
 * A complete reader of I-JSON of its own that makes no value: it says where a text breaks the rules. Slow, and used on
 * refused texts only.
 */
export class IJsonScanner {
  private at = 0;
  private readonly path: (string | number)[] = [];
  private nodes = 0;

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
    private readonly maxNodes: number,
  ) {}

  /** Returns if the text is I-JSON within the limits. @throws AppError `INVALID_ARGUMENT` at the first fault. */
  scan(): void {
    this.value(this.maxDepth);
    this.skip();
    if (this.at < this.text.length) this.fail('trailing_text', 'Text follows the JSON value');
  }

  private value(depth: number): void {
    this.skip();
    this.nodes += 1;
    if (this.nodes > this.maxNodes)
      this.fail('too_many_values', `There are more than ${this.maxNodes} values`);
    const first = this.text[this.at];
    if (first === '{' || first === '[') {
      if (depth === 0) this.fail('too_deep', `The value is nested more than ${this.maxDepth} deep`);
      if (first === '{') this.object(depth - 1);
      else this.array(depth - 1);
    } else if (first === '"') {
      this.string();
    } else if (this.take(LITERAL) === undefined) {
      this.number();
    }
  }

  private object(depth: number): void {
    const keys = new Set<string>();
    this.at += 1;
    if (this.skipTo('}')) return;
    do {
      this.skip();
      this.member(keys, depth);
    } while (this.skipTo(','));
    if (!this.skipTo('}')) this.fail('syntax', 'Expected "," or "}"');
  }

  private member(keys: Set<string>, depth: number): void {
    const start = this.at;
    const key = this.string();
    this.path.push(key);
    if (keys.has(key)) this.fail('duplicate_key', 'Duplicate key', start);
    if (key === '__proto__') this.fail('prototype_key', 'The key "__proto__" is not allowed', start);
    keys.add(key);
    if (!this.skipTo(':')) this.fail('syntax', 'Expected ":"');
    this.value(depth);
    this.path.pop();
  }

  private array(depth: number): void {
    this.at += 1;
    if (this.skipTo(']')) return;
    let index = 0;
    do {
      this.path.push(index);
      this.value(depth);
      this.path.pop();
      index += 1;
    } while (this.skipTo(','));
    if (!this.skipTo(']')) this.fail('syntax', 'Expected "," or "]"');
  }

  private string(): string {
    const start = this.at;
    const literal = this.take(STRING);
    if (literal === undefined)
      this.fail('syntax', 'Expected a string without raw control characters or bad escapes');
    const value = JSON.parse(literal) as string;
    if (!isWellFormed(value)) this.fail('lone_surrogate', 'A string has a lone surrogate', start);
    return value;
  }

  private number(): void {
    const start = this.at;
    const literal = this.take(NUMBER);
    if (literal === undefined) this.fail('syntax', 'Expected a JSON value');
    const value = Number(literal);
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      this.fail('number_range', 'A number lies beyond 2^53 - 1', start);
    }
    if (value === 0 && /^[^eE]*[1-9]/.test(literal))
      this.fail('number_range', 'A number is too small', start);
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private skip(): void {
    this.take(WHITE_SPACE);
  }

  private skipTo(character: string): boolean {
    this.skip();
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private fail(reason: string, message: string, at: number = this.at): never {
    const offset = Buffer.byteLength(this.text.slice(0, at), 'utf8');
    const pointer = this.path
      .map((step) => `/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`)
      .join('');
    const shown = pointer.length > MAX_POINTER ? `${pointer.slice(0, MAX_POINTER)}…` : pointer;
    throw new AppError('INVALID_ARGUMENT', `${message} (byte ${offset}, at "${shown}").`, {
      details: { reason, offset, pointer: shown },
    });
  }
}
