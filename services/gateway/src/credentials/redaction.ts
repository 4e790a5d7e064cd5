import type { OpenedCredentials } from './opened-credentials.js';

/** Shorter secrets would be found everywhere by chance. */
const MIN_BYTES = 8;

interface Pattern {
  readonly needle: string;
  readonly replacement: string;
  readonly ignoreCase: boolean;
}

/**
 * Replaces opened credentials in an upstream's answer by `[REDACTED:slot]`: plain, JSON-escaped, URL-encoded, hex, and
 * base64 or base64url at each of the three alignments a longer text can give it. This catches an honest echo. An
 * upstream that transforms the secret otherwise can't be beaten: it has the credential anyway.
 */
export class Redactor {
  private readonly patterns: readonly Pattern[];

  constructor(credentials: OpenedCredentials) {
    this.patterns = [...credentials.entries()]
      .filter(([, secret]) => secret.byteLength >= MIN_BYTES)
      .flatMap(([slot, secret]) => patternsOf(secret.reveal(), `[REDACTED:${slot}]`));
  }

  redact(text: string): { text: string; redactions: number } {
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

function patternsOf(secret: Buffer, replacement: string): Pattern[] {
  const plain = secret.toString('utf8');
  const exact = new Set([
    plain,
    JSON.stringify(plain).slice(1, -1),
    encodeURIComponent(plain),
    ...base64Forms(secret),
  ]);
  // Longest first: the plain form must not cut a piece out of a longer one.
  const needles = [...exact].sort((a, b) => b.length - a.length);
  return [
    ...needles.map((needle) => ({ needle, replacement, ignoreCase: false })),
    { needle: secret.toString('hex'), replacement, ignoreCase: true },
    { needle: encodeURIComponent(plain).toLowerCase(), replacement, ignoreCase: true },
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

function split(text: string, { needle, ignoreCase }: Pattern): string[] {
  if (!ignoreCase) return text.split(needle);
  const folded = text.toLowerCase();
  // Folding may change the length of other scripts; then positions can't be carried over, and what is exact was done.
  if (folded.length !== text.length) return [text];
  const parts: string[] = [];
  let from = 0;
  for (let at = folded.indexOf(needle); at !== -1; at = folded.indexOf(needle, from)) {
    parts.push(text.slice(from, at));
    from = at + needle.length;
  }
  return [...parts, text.slice(from)];
}
