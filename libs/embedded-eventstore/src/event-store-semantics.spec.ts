import { verifies } from '../../../tools/verifies.js';
import { eventStoreSemantics } from './testing/semantics/event-store-semantics.js';
import { startEventStoreNode } from './testing/start-node.js';

const url = process.env['EVENTSTORE_URL'];

if (url) {
  describe('semantics of the server at EVENTSTORE_URL', () => {
    eventStoreSemantics(() => Promise.resolve({ url, stop: () => Promise.resolve() }));
  });
} else {
  describe('semantics of the embedded node', () => {
    verifies('C3');
    eventStoreSemantics(startEventStoreNode, { controllable: true });
  });

  describe('semantics of the embedded node when any forgets ids', () => {
    eventStoreSemantics(() => startEventStoreNode({ anyForgets: true }), { anyForgets: true });
  });
}
