import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { TogetherCaller, VerbCaller, type Keyring } from '@portcullis/contracts';
import { createDialer } from '@portcullis/egress';
import { NatsRequester, ReplicaLease, type Logger } from '@portcullis/platform';
import type { NatsConnection } from '@nats-io/transport-node';
import { CallTool } from './calls/call-tool.js';
import { Catalogues } from './catalogue/catalogues.js';
import { ListTools } from './catalogue/list-tools.js';
import type { Config } from './config.js';
import { ReplyKeys } from './credentials/reply-keys.js';
import { Authorize } from './governed/authorize.js';
import { GovernedExecution } from './governed/execution.js';
import { OpenCredentials } from './governed/open-credentials.js';
import { RecordIntent } from './governed/record-intent.js';
import { RecordOutcome } from './governed/record-outcome.js';
import { SealedSection } from './governed/sealed-section.js';
import { McpEndpoint } from './http/mcp-endpoint.js';
import { McpMethods } from './http/mcp-methods.js';
import { Principals } from './identity/principals.js';
import { ServerDirectory } from './identity/server-directory.js';
import { CallLimits } from './limits/call-limits.js';
import { AuditAppender } from './recording/audit-appender.js';
import { OutcomeRecorder } from './recording/outcome-recorder.js';
import { UpstreamClient } from './upstream/upstream-client.js';

export const DIALER = Symbol('Dialer');

/** What the process has before the application is put together. */
export interface Surroundings {
  config: Config;
  logger: Logger;
  keyring: Keyring;
  connection: NatsConnection;
}

/** Bursts are twice the sustained rate: a client that lists and calls at once is no flood. */
const rate = (perSecond: number) => ({ perSecond, burst: perSecond * 2 });

const limitsOf = (config: Config): CallLimits =>
  new CallLimits({
    principal: rate(config.RATE_PRINCIPAL),
    tool: rate(config.RATE_TOOL),
    organisation: rate(config.RATE_ORGANISATION),
  });

/** Composition root: the one place that names adapters and says what is made of what. */
@Module({})
export class AppModule {
  static with({ config, logger, keyring, connection }: Surroundings): DynamicModule {
    const caller = new VerbCaller(new NatsRequester(connection), keyring);
    const together = new TogetherCaller(caller);
    const dialer = createDialer({ allow: config.EGRESS_ALLOW });
    const appender = new AuditAppender(caller);
    // By itself: a repeated outcome that audit has to look up must not hold up the intents of calls.
    const recorder = new OutcomeRecorder(new AuditAppender(caller), logger);
    const principals = new Principals(caller, keyring);
    const directory = new ServerDirectory(caller);
    const section = new SealedSection();
    const steps = {
      authorize: new Authorize({ caller: together, principals, appender, recorder, section }),
      recordIntent: new RecordIntent(appender, section),
      open: new OpenCredentials(together, keyring),
      upstream: new UpstreamClient(dialer),
      recordOutcome: new RecordOutcome(recorder),
    };
    const lease: ReplicaLease = new ReplicaLease({
      caller,
      logger,
      apply: (changed) =>
        [principals, directory, catalogues].forEach((cache) => cache.forgetChanged(changed)),
    });
    const execution = new GovernedExecution(steps, new ReplyKeys(), directory, lease);
    const catalogues = new Catalogues(execution, config.CATALOGUE_DEADLINE_MS);
    const limits = limitsOf(config);
    const methods = new McpMethods(
      new ListTools(catalogues, directory, caller),
      new CallTool(limits, catalogues, directory, execution),
      limits,
    );
    const endpoint = new McpEndpoint({
      principals,
      directory,
      methods,
      lease,
      logger,
      sources: { hosts: config.ALLOWED_HOSTS, origins: config.ALLOWED_ORIGINS },
      proxies: config.TRUSTED_PROXIES,
      callDeadlineMs: config.CALL_DEADLINE_MS,
      maxBodyBytes: config.MAX_BODY_BYTES,
    });
    const providers: Provider[] = [
      ...[endpoint, recorder, lease, section].map((value) => ({
        provide: value.constructor,
        useValue: value,
      })),
      { provide: DIALER, useValue: dialer },
    ];
    return { module: AppModule, providers };
  }
}
