// The load, in a process of its own: its work is not counted as anybody else's, and its event loop is not shared.
// Asked { url, credential, seconds, concurrency }, answers { count, perSecond, p50Micros, p99Micros } or { error }.
import { measure } from '../../../../tools/bench/measure.mjs';
import { echoCaller } from './mcp-client.mjs';

/** By address: connections are kept between measurements. */
const callers = new Map();

process.on('message', ({ url, credential, seconds, concurrency }) => {
  const caller = callers.get(url) ?? echoCaller(url, credential);
  callers.set(url, caller);
  measure(caller, { seconds, warmupSeconds: 0, concurrency }).then(
    (result) => process.send(result),
    (error) => process.send({ error: error.message }),
  );
});
process.once('disconnect', () => process.exit());
process.send({ ready: true });
