import type { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb.js';
import { invalidArgument } from './rpc-error.js';
import { shared } from './generated.js';

const UUID_TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MAX_STREAM_NAME_BYTES = 1024;

export function readStreamName(identifier: StreamIdentifier | undefined): string {
  const bytes = identifier?.getStreamName_asU8() ?? new Uint8Array();
  if (bytes.byteLength > MAX_STREAM_NAME_BYTES) throw invalidArgument('The stream name is too long');
  const name = Buffer.from(bytes).toString('utf8');
  if (name === '' || name === '$$') throw invalidArgument('The stream name is missing or not allowed');
  if (Buffer.compare(Buffer.from(name), bytes) !== 0)
    throw invalidArgument('The stream name is not valid UTF-8');
  return name;
}

export function writeStreamName(name: string): StreamIdentifier {
  return new shared.StreamIdentifier().setStreamName(Buffer.from(name));
}

/** 16 bytes from either form of the protocol. */
export function readUuid(uuid: UUID | undefined): Buffer {
  if (uuid?.hasStructured()) {
    const bytes = Buffer.alloc(16);
    const structured = uuid.getStructured()!;
    bytes.writeBigInt64BE(BigInt.asIntN(64, BigInt(structured.getMostSignificantBits())), 0);
    bytes.writeBigInt64BE(BigInt.asIntN(64, BigInt(structured.getLeastSignificantBits())), 8);
    return bytes;
  }
  const text = uuid?.getString() ?? '';
  if (!UUID_TEXT.test(text)) throw invalidArgument('An id is missing or not a UUID');
  return Buffer.from(text.replaceAll('-', ''), 'hex');
}

export function writeUuid(bytes: Uint8Array, structured: boolean): UUID {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const uuid = new shared.UUID();
  if (structured) {
    return uuid.setStructured(
      new shared.UUID.Structured()
        .setMostSignificantBits(buffer.readBigInt64BE(0).toString())
        .setLeastSignificantBits(buffer.readBigInt64BE(8).toString()),
    );
  }
  const hex = buffer.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return uuid.setString(parts.join('-'));
}

/** An unsigned 64-bit decimal; what doesn't fit a JavaScript number is beyond every event of this store. */
export function readUint64(text: string): number {
  const value = BigInt(text);
  return value > BigInt(Number.MAX_SAFE_INTEGER) || value < 0n ? Number.MAX_SAFE_INTEGER : Number(value);
}
