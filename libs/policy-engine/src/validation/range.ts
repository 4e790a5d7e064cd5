import type { Literal } from './satisfiable.js';

type Unit = 'numbers' | 'counts' | 'instants';

/** Operators that bound, as [which bound, whether the operand itself is within]; what is false of them bounds the other. */
const BOUNDS: Record<Unit, ReadonlyMap<string, readonly ['below' | 'above', boolean]>> = {
  numbers: new Map([
    ['$lt', ['below', false]],
    ['$lte', ['below', true]],
    ['$gt', ['above', false]],
    ['$gte', ['above', true]],
  ]),
  get counts() {
    return this.numbers;
  },
  instants: new Map([
    ['$before', ['below', false]],
    ['$after', ['above', false]],
  ]),
};

/** Which numbers (counts: whole ones from 0; instants: milliseconds) some tests leave. */
export class Range {
  #low = -Infinity;
  #high = Infinity;
  #withLow = true;
  #withHigh = true;

  constructor(private readonly unit: Unit = 'numbers') {
    if (unit === 'counts') this.#low = 0;
  }

  narrow(literals: readonly Literal[]): this {
    for (const { node, truth } of literals) if (node.kind === 'test') this.#narrowBy(node, truth);
    return this;
  }

  #narrowBy({ operator, operand }: { operator: string; operand: unknown }, truth: 'yes' | 'no'): void {
    const value = this.unit === 'instants' ? Date.parse(String(operand)) : Number(operand);
    if (this.unit !== 'instants' && isEquality(operator, truth)) {
      this.#above(value, true);
      this.#below(value, true);
      return;
    }
    const bound = BOUNDS[this.unit].get(operator);
    if (bound === undefined || Number.isNaN(value)) return;
    const [side, isWithin] = bound;
    const holds = truth === 'yes';
    if ((side === 'below') === holds) this.#below(value, isWithin === holds);
    else this.#above(value, isWithin === holds);
  }

  #above(value: number, isWithin: boolean): void {
    if (value < this.#low || (value === this.#low && isWithin)) return;
    this.#withLow = isWithin;
    this.#low = value;
  }

  #below(value: number, isWithin: boolean): void {
    if (value > this.#high || (value === this.#high && isWithin)) return;
    this.#withHigh = isWithin;
    this.#high = value;
  }

  get isPossible(): boolean {
    if (this.unit === 'counts') return this.#first <= this.max;
    return this.#low < this.#high || (this.#low === this.#high && this.#withLow && this.#withHigh);
  }

  /** The largest count. */
  get max(): number {
    const whole = Math.floor(this.#high);
    return whole === this.#high && !this.#withHigh ? whole - 1 : whole;
  }

  get #first(): number {
    const whole = Math.ceil(this.#low);
    return whole === this.#low && !this.#withLow ? whole + 1 : whole;
  }

  /** The one number that is left, where it is one. */
  get onlyValue(): number[] | undefined {
    return this.#low === this.#high && this.isPossible ? [this.#low] : undefined;
  }
}

const isEquality = (operator: string, truth: 'yes' | 'no'): boolean =>
  truth === 'yes' ? operator === '$eq' : operator === '$ne';
