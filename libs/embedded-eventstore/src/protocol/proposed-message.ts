import type { AppendReq, BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import type { ProposedEvent } from '../storage/event-table.js';
import { readUuid } from './fields.js';
import { appendTooLarge, invalidArgument, MAX_APPEND_BYTES } from './rpc-error.js';

type ProposedMessage = AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage;

/** Collects the events of one append and refuses it as soon as it is too large, so that memory stays bounded. */
export class ProposedEvents {
  readonly events: ProposedEvent[] = [];
  #bytes = 0;

  add(message: ProposedMessage): void {
    const event = readProposed(message);
    this.#bytes += event.data.byteLength + event.metadata.byteLength + event.type.length;
    if (this.#bytes > MAX_APPEND_BYTES) throw appendTooLarge();
    this.events.push(event);
  }
}

function readProposed(message: ProposedMessage): ProposedEvent {
  const map = message.getMetadataMap();
  const type = map.get('type') ?? '';
  const contentType = map.get('content-type');
  if (type === '') throw invalidArgument("Required metadata property 'type' is missing");
  if (contentType !== 'application/json' && contentType !== 'application/octet-stream') {
    throw invalidArgument("Metadata property 'content-type' is application/json or application/octet-stream");
  }
  return {
    id: readUuid(message.getId()),
    type,
    isJson: contentType === 'application/json',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}
