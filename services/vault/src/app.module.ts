import { Module, type DynamicModule } from '@nestjs/common';
import { VerbCaller, type Keyring, type Requester } from '@portcullis/contracts';
import {
  databaseCheck,
  ReplicaLease,
  type Logger,
  type ReadinessCheck,
  type Telemetry,
} from '@portcullis/platform';
import type { DataSource } from 'typeorm';
import type { HeldKeys } from './compose-keys.js';
import type { Config } from './config.js';
import { DeleteSecret } from './deleting/delete-secret.js';
import { DeletingController } from './deleting/deleting.controller.js';
import { Erase } from './erasing/erase.js';
import { ErasingController } from './erasing/erasing.controller.js';
import { publishBacklog } from './facts/facts-backlog.js';
import { PendingFacts } from './facts/pending-facts.js';
import { RelayFacts } from './facts/relay-facts.js';
import { OwnerKeys } from './key-hierarchy/owner-keys.js';
import { SecretEnvelopes } from './key-hierarchy/secret-envelopes.js';
import { LimitOpening } from './limits/limit-opening.js';
import { LimitReading } from './limits/limit-reading.js';
import { OpenLimits, type OpenRates } from './limits/open-limits.js';
import { ListSecrets } from './listing/list-secrets.js';
import { ListingController } from './listing/listing.controller.js';
import { ClaimGrants } from './opening/claim-grants.js';
import { OpenCredentials } from './opening/open-credentials.js';
import { OpeningController } from './opening/opening.controller.js';
import { ReplyChannels } from './opening/reply-channels.js';
import { OpenSections } from './reading/open-sections.js';
import { ReadingController } from './reading/reading.controller.js';
import { UnsealSections } from './reading/unseal-sections.js';
import { Proofs } from './proof/proofs.js';
import { PurgeUsedGrants } from './proof/purge-used-grants.js';
import { CurrentVersions } from './restored/current-versions.js';
import { LaterRecords } from './restored/later-records.js';
import { DestroyedKeys } from './restored/destroyed-keys.js';
import { SuspendRestored } from './restored/suspend-restored.js';
import { KekChanges } from './rotation/kek-changes.js';
import { ManageKeks } from './rotation/manage-keks.js';
import { OwnerKeyRows } from './rotation/owner-key-rows.js';
import { RotationController } from './rotation/rotation.controller.js';
import { RewrapOwnerKeys } from './rotation/rewrap-owner-keys.js';
import { RewrapRuns } from './rotation/rewrap-runs.js';
import { TenantTransactions } from './storage/tenant-transactions.js';
import { PutSecret } from './storing/put-secret.js';
import { StoringController } from './storing/storing.controller.js';
import { CreateSubjectKey } from './subject-keys/create-subject-key.js';
import { SubjectKeysController } from './subject-keys/subject-keys.controller.js';

/** What a replica is made of: all of it comes from outside. */
export interface VaultParts {
  readonly config: Config;
  readonly keys: HeldKeys;
  readonly keyring: Keyring;
  /** As the runtime role, and as the job role. */
  readonly database: DataSource;
  readonly jobs: DataSource;
  readonly requester: Requester;
  readonly logger: Logger;
  readonly clock: () => Date;
  /** Milliseconds by which unwrapped keys grow old; for tests that script them. */
  readonly monotonic?: () => number;
  readonly telemetry: Telemetry;
}

export interface Vault {
  readonly module: DynamicModule;
  readonly relay: RelayFacts;
  readonly purge: PurgeUsedGrants;
  readonly rewrap: RewrapOwnerKeys;
  readonly lease: ReplicaLease;
  readonly checks: readonly ReadinessCheck[];
  /** Zeroes every key in memory: the last thing a replica does. */
  wipe(): Promise<void>;
}

@Module({})
export class AppModule {}

/** The composition root. */
export function composeVault(parts: VaultParts): Vault {
  const { config, keyring, database, jobs, logger, clock, telemetry } = parts;
  const { provider } = parts.keys;
  const transactions = new TenantTransactions(database, logger, telemetry.tracer);
  const keys = new OwnerKeys(provider, transactions, clock, parts.monotonic);
  const envelopes = new SecretEnvelopes(keys);
  const proofs = new Proofs(keyring);
  const channels = new ReplyChannels(keyring, () => performance.now());
  const peers = new VerbCaller(parts.requester, keyring, clock, telemetry.calls);
  const lease = new ReplicaLease({ caller: peers, logger, apply: (changed) => keys.forgetChanged(changed) });
  const facts = new PendingFacts(jobs);
  publishBacklog(telemetry.metrics, facts);
  const { rewrap, keks } = rotationOf(parts);
  const { current, destroyed } = restoredOf(peers, transactions, clock);
  const opening = { proofs, transactions, channels, clock };
  return {
    module: moduleOf([
      new OpenCredentials({
        ...opening,
        limits: new LimitOpening(new OpenLimits(ratesOf(config)), transactions),
        grants: new ClaimGrants(transactions),
        current,
        envelopes,
      }),
      new PutSecret({ keyring, proofs, keys, envelopes, transactions, current, clock }),
      new DeleteSecret(proofs, transactions, clock),
      new Erase({ proofs, keys, transactions, clock }),
      new ListSecrets(keyring, transactions, clock),
      new CreateSubjectKey(keys, envelopes, transactions, clock),
      new OpenSections({
        ...opening,
        keyring,
        limits: new LimitReading(transactions),
        destroyed,
        sections: new UnsealSections(envelopes),
      }),
      new KekChanges({ proofs, keyring, transactions, keks }),
    ]),
    relay: new RelayFacts(facts, peers, logger),
    purge: new PurgeUsedGrants(jobs, logger),
    rewrap,
    lease,
    checks: [databaseCheck(database), lease.check, ...parts.keys.checks],
    wipe: async () => {
      keys.close();
      channels.wipe();
      await provider.close();
    },
  };
}

/** What notices a database that was restored to an earlier state. */
function restoredOf(audit: VerbCaller, transactions: TenantTransactions, clock: () => Date) {
  const later = new LaterRecords(audit, () => performance.now());
  const suspend = new SuspendRestored(transactions, clock);
  return { current: new CurrentVersions({ audit, later, suspend }), destroyed: new DestroyedKeys(later) };
}

/** The job that moves owner keys from one key-encryption key to another, and what begins it. */
function rotationOf({ keys: { provider, register }, jobs, keyring, logger }: VaultParts) {
  const moving = { provider, jobs, rows: new OwnerKeyRows(jobs), runs: new RewrapRuns(jobs) };
  const rewrap = new RewrapOwnerKeys({ ...moving, keyring, logger });
  const keks = new ManageKeks({ ...moving, register, keyring, begun: () => rewrap.nudge() });
  return { rewrap, keks };
}

/** Each use-case is provided under its own class: controllers name nothing else. */
const moduleOf = (useCases: readonly object[]): DynamicModule => ({
  module: AppModule,
  controllers: [
    OpeningController,
    StoringController,
    DeletingController,
    ErasingController,
    ListingController,
    SubjectKeysController,
    RotationController,
    ReadingController,
  ],
  providers: useCases.map((useCase) => ({
    provide: useCase.constructor as new (...parts: never[]) => object,
    useValue: useCase,
  })),
});

const BURST_SECONDS = 10;
const rate = (perSecond: number) => ({ perSecond, burst: perSecond * BURST_SECONDS });

const ratesOf = (config: Config): OpenRates => ({
  organisation: rate(config.VAULT_OPENS_PER_SECOND_ORGANISATION),
  server: rate(config.VAULT_OPENS_PER_SECOND_SERVER),
  user: rate(config.VAULT_OPENS_PER_SECOND_USER),
});
