import type { Keyring, VerbCalls } from '@portcullis/contracts';
import type { EventStore } from '@portcullis/eventing';
import type { Logger, Telemetry } from '@portcullis/platform';
import { policyStream } from '@portcullis/policy-engine';
import { AnchorWatch } from './anchors/anchor-watch.js';
import { publishTrust } from './anchors/publish-trust.js';
import { RecordedHeads } from './anchors/recorded-heads.js';
import { EventStoreCheckpoints } from './adapters/eventstore.checkpoints.js';
import { verifyFact, verifyFactHead, verifyFactLink } from './chain/fact-chain.js';
import { keyringFactKeys } from './chain/keyring-fact-keys.js';
import { FactRelay } from './relay/relay-facts.js';
import { FactReader } from './replica/fact-reader.js';
import { PolicyReplica } from './replica/policy-replica.js';
import { publishReplicaLag } from './replica/replica-lag.js';
import { OrganisationRegistry } from './replica/registry.js';
import { Reverification } from './replica/reverification.js';
import { PolicySnapshots } from './snapshots/policy-snapshots.js';
import { SnapshotWriter } from './snapshots/snapshot-writer.js';

export interface FactsParts {
  keyring: Keyring;
  store: EventStore;
  audit: VerbCalls;
  logger: Logger;
  telemetry: Telemetry;
}

/** Everything about reading facts, believing them and telling audit of them. */
export interface Facts {
  registry: OrganisationRegistry;
  replica: PolicyReplica;
  relay: FactRelay;
  anchors: AnchorWatch;
  snapshots: SnapshotWriter;
  reverification: Reverification;
}

export function composeFacts(parts: FactsParts): Facts {
  const { store, audit, logger, telemetry } = parts;
  const registry = new OrganisationRegistry(store);
  const reader = new FactReader(store, verifyFactLink, verifyFactHead(keyringFactKeys(parts.keyring)));
  const stored = storedSnapshots(parts, reader);
  const replica = new PolicyReplica({
    store,
    registry,
    reader,
    snapshots: stored,
    onProblem: (problem, org) => report(logger, problem, org),
    onFolded: (org) => snapshots.consider(org),
  });
  const snapshots = new SnapshotWriter({
    snapshots: stored,
    loaded: (org) => replica.loaded(org),
    onFailure: (org, err) => logger.warn({ err, org }, 'a snapshot could not be stored'),
  });
  const relay = new FactRelay({
    store,
    replica,
    checkpoints: new EventStoreCheckpoints(store),
    audit,
    onFailure: (err) => logger.warn({ err }, 'facts could not be relayed to audit; they are sent again'),
  });
  const { anchors, reverification } = watchers(parts, { replica, relay, snapshots, stored });
  publishTrust(telemetry.metrics, { replica, anchors });
  publishReplicaLag(telemetry.metrics, { store, replica });
  return { registry, replica, relay, anchors, snapshots, reverification };
}

function storedSnapshots(
  { keyring, store, logger, telemetry }: FactsParts,
  reader: FactReader,
): PolicySnapshots {
  const ignored = telemetry.metrics.counter({
    name: 'portcullis_policy_snapshots_ignored_total',
    help: 'Snapshots that were there and not believed; everything was read from the first fact instead.',
  });
  const kept = telemetry.metrics.counter({
    name: 'portcullis_policy_snapshots_stored_total',
    help: 'Snapshots that this replica has stored.',
  });
  return new PolicySnapshots({
    store,
    reader,
    keys: keyringFactKeys(keyring),
    clock: keyring.clock,
    onStored: () => kept.inc(),
    onIgnored: (org, err) => {
      ignored.inc();
      logger.error({ err, org }, 'a snapshot is not believed: all facts are read instead');
    },
  });
}

interface Watched extends Pick<Facts, 'replica' | 'relay' | 'snapshots'> {
  stored: PolicySnapshots;
}

function watchers(
  { keyring, store, audit, logger }: FactsParts,
  { replica, relay, snapshots, stored }: Watched,
): Pick<Facts, 'anchors' | 'reverification'> {
  const recordBroken = (org: string, revision = replica.verifiedRevision(org)): Promise<void> =>
    relay.recordBroken(org, { stream: policyStream(org), revision, created: keyring.clock() });
  const anchors = new AnchorWatch({
    replica,
    recorded: new RecordedHeads(audit),
    onBroken: (org, recorded) => recordBroken(org, recorded === null ? undefined : BigInt(recorded.revision)),
    onFailure: (err) =>
      logger.warn({ err }, 'facts could not be compared with what audit has recorded; tried again'),
  });
  const reverification = new Reverification({
    replica,
    store,
    readerOf: (paced) => new FactReader(paced, verifyFact(keyringFactKeys(keyring))),
    onBroken: (org) => recordBroken(org),
    onCorrected: (org) => {
      logger.error({ org }, 'what was decided on was not what the facts add up to; it has been replaced');
      stored.discard(org);
      snapshots.consider(org);
    },
    onFailure: (org, err) => logger.warn({ err, org }, 'facts could not be verified again'),
  });
  return { anchors, reverification };
}

function report(logger: Logger, problem: Error | string, org: string | undefined): void {
  if (typeof problem === 'string')
    logger.fatal({ org, problem }, 'facts of an organisation can not be trusted: it is denied');
  else logger.error({ err: problem }, 'the replica does not follow the event store: it decides nothing');
}
