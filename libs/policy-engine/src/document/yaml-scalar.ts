/** Numbers as JSON writes them (RFC 8259, section 6). */
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * What YAML 1.1 or the core schema of YAML 1.2 would read as something else than text: booleans and nulls in all their
 * spellings, octal, hexadecimal, binary, underscored and sexagesimal numbers, infinities, dates and times.
 */
const AMBIGUOUS = [
  /^(~|null|true|false|yes|no|on|off)$/i,
  /^[-+]?(0b[01_]+|0o?[0-7_]+|0x[\da-f_]+)$/i,
  /^[-+]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[-+]?\d+)?$/i,
  /^[-+]?\d[\d_]*(:[0-5]?\d)+(\.[\d_]*)?$/,
  /^[-+]?\.(inf|nan)$/i,
  /^\d{4}-\d\d?-\d\d?([Tt \t].*)?$/,
];

const MAX_AMBIGUOUS = 400;

export type ScalarValue = { value: string | number | boolean | null } | { problem: string };

/**
 * A plain (unquoted) scalar. Only what every reader of YAML takes for the same is taken: `true`, `false`, `null`, numbers
 * as in JSON, and text that looks like none of those. Everything else must be quoted.
 */
export function plainScalar(source: string): ScalarValue {
  if (source === 'true' || source === 'false') return { value: source === 'true' };
  if (source === 'null') return { value: null };
  // A longer one is no number that anybody means, and the patterns may take the square of its length.
  if (source.length > MAX_AMBIGUOUS) return text(source);
  if (JSON_NUMBER.test(source)) return exactNumber(source);
  if (source === '') return { problem: 'there is no value; leave the key out, or write null' };
  if (AMBIGUOUS.some((pattern) => pattern.test(source))) {
    return {
      problem: `some readers of YAML take ${source} for something else: quote it, or write it as in JSON`,
    };
  }
  return text(source);
}

function exactNumber(source: string): ScalarValue {
  const value = Number(source);
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    return { problem: `${source} is beyond what a number can hold exactly` };
  }
  return { value };
}

/** With the flag `u` a surrogate is matched only where it has no partner. */
const LONE_SURROGATE = /\p{Surrogate}/u;

export function text(value: string): ScalarValue {
  return LONE_SURROGATE.test(value) ? { problem: 'the text holds half a surrogate pair' } : { value };
}
