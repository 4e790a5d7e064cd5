const SHOWN = 4;
const SHORTEST = 12;

/** Whether the byte begins a character: in UTF-8 all others are 0b10xxxxxx. */
const isFirst = (byte: number): boolean => (byte & 0xc0) !== 0x80;

/**
 * The preview that tells one credential from another in a list (H4): the last four characters (code points), or null
 * where the secret is shorter than twelve, since four of a few would be too much. Reads bytes, so that the secret never
 * becomes a string.
 *
 * @param utf8 valid UTF-8
 */
export function lastFour(utf8: Uint8Array): string | null {
  let characters = 0;
  let start = utf8.byteLength;
  for (let at = utf8.byteLength - 1; at >= 0 && characters < SHORTEST; at -= 1) {
    if (!isFirst(utf8[at] ?? 0)) continue;
    characters += 1;
    if (characters === SHOWN) start = at;
  }
  return characters < SHORTEST ? null : Buffer.from(utf8.subarray(start)).toString('utf8');
}
