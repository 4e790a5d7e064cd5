import type { OpenedCredentials } from './opened-credentials.js';

/** Shorter secrets would be found everywhere by chance. */
const MIN_BYTES = 8;

interface Pattern {
  readonly needle: string;
  readonly replacement: string;
  readonly ignoreCase: boolean;
}

/**
 * Replaces opened credentials in an upstream's answer by `[REDACTED:slot]`: plain, JSON-escaped in whatever way,
 * URL-encoded, hex, and base64 or base64url at each of the three alignments a longer text can give it. This catches an
 * honest echo. An upstream that transforms the secret otherwise can't be beaten: it has the credential anyway.
 */
export class Redactor {
  private readonly patterns: readonly Pattern[];

  constructor(credentials: OpenedCredentials) {
    this.patterns = [...credentials.entries()]
      .filter(([, secret]) => secret.byteLength >= MIN_BYTES)
      .flatMap(([slot, secret]) => patternsOf(secret.reveal(), `[REDACTED:${slot}]`));
  }

  /** @param json a JSON text; what is returned is one too, unless a secret stood in its structure */
  redact(json: string): { text: string; redactions: number } {
    if (this.patterns.length === 0) return { text: json, redactions: 0 };
    let redactions = 0;
    const count = (found: { text: string; redactions: number }): string => {
      redactions += found.redactions;
      return found.text;
    };
    // A string may be escaped in more ways than can be listed (\/, \u0041): those are looked at as what they mean.
    const unescaped = json.replace(ESCAPED_STRING, (literal) => count(this.redactLiteral(literal)));
    return { text: count(this.replaceAll(unescaped)), redactions };
  }

  private redactLiteral(literal: string): { text: string; redactions: number } {
    if (!literal.includes('\\')) return { text: literal, redactions: 0 };
    const found = this.replaceAll(meaningOf(literal));
    return found.redactions === 0
      ? { text: literal, redactions: 0 }
      : { text: JSON.stringify(found.text), redactions: found.redactions };
  }

  private replaceAll(text: string): { text: string; redactions: number } {
    let redactions = 0;
    let redacted = text;
    for (const pattern of this.patterns) {
      const parts = split(redacted, pattern);
      if (parts.length === 1) continue;
      redactions += parts.length - 1;
      redacted = parts.join(pattern.replacement);
    }
    return { text: redacted, redactions };
  }
}

const ESCAPED_STRING = /"(?:[^"\\]|\\.)*"/gs;

function meaningOf(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal;
  }
}

function patternsOf(secret: Buffer, replacement: string): Pattern[] {
  const plain = secret.toString('utf8');
  const exact = new Set([plain, ...jsonForms(plain), ...base64Forms(secret)]);
  // Longest first: the plain form must not cut a piece out of a longer one.
  const byLength = (forms: Iterable<string>): string[] => [...forms].sort((a, b) => b.length - a.length);
  const inAnyCase = new Set([...urlForms(plain), secret.toString('hex')].map(lowerAscii));
  return [
    ...byLength(exact).map((needle) => ({ needle, replacement, ignoreCase: false })),
    ...byLength(inAnyCase).map((needle) => ({ needle, replacement, ignoreCase: true })),
  ];
}

/** As it stands in a JSON text that is itself a string of a JSON text, which is how tools give objects. */
function jsonForms(plain: string): string[] {
  const escaped = JSON.stringify(plain).slice(1, -1);
  const ascii = escaped.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return [escaped, ascii].flatMap((form) => [form, form.replaceAll('/', '\\/')]);
}

function urlForms(plain: string): string[] {
  return [
    encodeURIComponent(plain),
    encodeURI(plain),
    new URLSearchParams({ '': plain }).toString().slice(1),
  ];
}

/** The characters of the base64 text that depend on the secret alone, wherever in a longer text it stands. */
function base64Forms(secret: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), secret]);
    const start = Math.ceil((offset * 8) / 6);
    const end = Math.floor((shifted.length * 8) / 6);
    return [shifted.toString('base64').slice(start, end), shifted.toString('base64url').slice(start, end)];
  });
}

/** Keeps every position, which toLowerCase does not for all scripts. */
const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

function split(text: string, { needle, ignoreCase }: Pattern): string[] {
  if (!ignoreCase) return text.split(needle);
  const folded = lowerAscii(text);
  const parts: string[] = [];
  let from = 0;
  for (let at = folded.indexOf(needle); at !== -1; at = folded.indexOf(needle, from)) {
    parts.push(text.slice(from, at));
    from = at + needle.length;
  }
  return [...parts, text.slice(from)];
}
