import type { Secret } from '@portcullis/contracts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const LONGEST_ESCAPE = 6;

/**
 * JSON of `{slot: credential}` (RFC 8259) as bytes that can be wiped: JSON.stringify would need, and leave behind,
 * strings. Slots are plain names; the credentials are valid UTF-8. The caller wipes the buffer.
 */
export function credentialsJson(opened: readonly { slot: string; value: Secret }[]): Buffer {
  const size = opened.reduce(
    (sum, { slot, value }) => sum + slot.length + 8 + value.byteLength * LONGEST_ESCAPE,
    2,
  );
  const writer = new ByteWriter(Buffer.alloc(size));
  writer.text('{');
  for (const [index, { slot, value }] of opened.entries()) {
    if (index > 0) writer.text(',');
    writer.text(`${JSON.stringify(slot)}:"`);
    for (const byte of value.reveal()) writer.escaped(byte);
    writer.text('"');
  }
  writer.text('}');
  return writer.written();
}

class ByteWriter {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  text(ascii: string): void {
    this.at += this.bytes.write(ascii, this.at, 'latin1');
  }

  escaped(byte: number): void {
    if (byte < SPACE) {
      this.text(`\\u00${byte.toString(16).padStart(2, '0')}`);
      return;
    }
    if (byte === QUOTE || byte === BACKSLASH) this.text('\\');
    this.bytes[this.at] = byte;
    this.at += 1;
  }

  written(): Buffer {
    return this.bytes.subarray(0, this.at);
  }
}
