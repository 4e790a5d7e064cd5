import { verifies } from '../../../tools/verifies.js';
import { eventStoreSemantics } from './testing/semantics/event-store-semantics.js';
import { startEventStoreNode } from './testing/start-node.js';

const url = process.env['EVENTSTORE_URL'];

describe(`semantics of ${url ? 'the server at EVENTSTORE_URL' : 'the embedded node'}`, () => {
  verifies('C3');
  if (url) eventStoreSemantics(() => Promise.resolve({ url, stop: () => Promise.resolve() }));
  else eventStoreSemantics(startEventStoreNode, { controllable: true });
});
