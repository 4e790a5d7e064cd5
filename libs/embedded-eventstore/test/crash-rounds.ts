import { randomInt } from 'node:crypto';
import { closeClient, EventStoreDBClient } from '../src/testing/semantics/client.js';
import { startEventStoreNode } from '../src/testing/start-node.js';
import { expectWhole, startLoad, whenBack } from './crash-load.js';
import { completed, Operations } from './operations.js';

const STREAMS = 8;

/**
 * SIGKILL under load, at a moment of its own in every round; with `scavenge`, while one runs or just after. What the
 * writers sent again after each crash is recognised, so in the end everything is stored exactly once.
 */
export async function crashRounds({
  rounds,
  scavenge,
}: {
  rounds: number;
  scavenge: boolean;
}): Promise<void> {
  const node = await startEventStoreNode({ scavengePauseMs: 1 });
  const client = EventStoreDBClient.connectionString(node.url);
  const operations = new Operations(node);
  const load = startLoad(client, STREAMS);
  let lastScavenge: string | undefined;
  try {
    for (let round = 0; round < rounds; round += 1) {
      const killAt = load.acknowledged() + randomInt(50, 500);
      if (scavenge) lastScavenge = (await whenBack(() => operations.start())).scavengeId;
      while (load.acknowledged() < killAt) await new Promise(setImmediate);
      await node.kill();
      await node.restart();
    }
    await load.end();
    await expectWhole(client, load);
    expect(load.follower.breaks).toBeGreaterThan(0);
    if (lastScavenge) expect(await completed(client, lastScavenge)).toMatchObject({ result: 'Success' });
  } finally {
    load.abandon();
    await load.follower.stop();
    operations.close();
    await closeClient(client);
    await node.stop();
  }
}
