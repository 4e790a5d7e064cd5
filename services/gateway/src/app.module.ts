import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { TogetherCaller, type Keyring, type VerbCaller } from '@portcullis/contracts';
import { createDialer } from '@portcullis/egress';
import { outsideTrace, ReplicaLease, type Logger, type Telemetry } from '@portcullis/platform';
import { CallTool } from './calls/call-tool.js';
import { Catalogues } from './catalogue/catalogues.js';
import { ListTools } from './catalogue/list-tools.js';
import { ToolSightings } from './catalogue/tool-sightings.js';
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
import { CallLimits, type Limit } from './limits/call-limits.js';
import { AuditAppender } from './recording/audit-appender.js';
import { OutcomeRecorder } from './recording/outcome-recorder.js';
import { CallTelemetry } from './telemetry/call-telemetry.js';
import { UpstreamClient } from './upstream/upstream-client.js';

export const DIALER = Symbol('Dialer');

/** What the process has before the application is put together. */
export interface Surroundings {
  config: Config;
  logger: Logger;
  keyring: Keyring;
  telemetry: Telemetry;
  /** Of this service, for whoever asks on behalf of the process. */
  caller: VerbCaller;
}

/** Bursts are twice the sustained rate: a client that lists and calls at once is no flood. */
const rate = (perSecond: number) => ({ perSecond, burst: perSecond * 2 });

const limitsOf = (config: Config, telemetry: Telemetry): CallLimits =>
  new CallLimits(
    {
      principal: rate(config.RATE_PRINCIPAL),
      tool: rate(config.RATE_TOOL),
      organisation: rate(config.RATE_ORGANISATION),
    },
    refusalCounter(telemetry),
  );

function refusalCounter({ metrics }: Telemetry): (limit: Limit) => void {
  const refusals = metrics.counter({
    name: 'portcullis_limit_refusals_total',
    help: 'Requests refused because a rate was exceeded, by whose.',
    labels: ['limit'],
  });
  return (limit) => refusals.inc({ limit });
}

function counted({ metrics }: Telemetry, recorder: OutcomeRecorder): OutcomeRecorder {
  metrics.observed(
    { name: 'portcullis_outcomes_waiting', help: 'Records of this replica that audit has not taken yet.' },
    () => recorder.backlog,
  );
  return recorder;
}

/** Composition root: the one place that names adapters and says what is made of what. */
@Module({})
export class AppModule {
  static with({ config, logger, keyring, caller, telemetry }: Surroundings): DynamicModule {
    const calls = new CallTelemetry(telemetry, outsideTrace(config));
    const together = new TogetherCaller(caller);
    const dialer = createDialer({ allow: config.EGRESS_ALLOW });
    const appender = new AuditAppender(caller);
    // By itself: a repeated outcome that audit has to look up must not hold up the intents of calls.
    const recorder = counted(telemetry, new OutcomeRecorder(new AuditAppender(caller), logger));
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
    const apply = (changed: readonly string[] | null): void =>
      [principals, directory, catalogues].forEach((cache) => cache.forgetChanged(changed));
    const lease = new ReplicaLease({ caller, logger, apply });
    const execution = new GovernedExecution(steps, new ReplyKeys(), { directory, lease, telemetry: calls });
    const catalogues = new Catalogues(execution, new ToolSightings(caller), config.CATALOGUE_DEADLINE_MS);
    const limits = limitsOf(config, telemetry);
    const methods = new McpMethods(
      new ListTools(catalogues, directory, caller),
      new CallTool({ limits, catalogues, directory, execution, telemetry: calls }),
      limits,
    );
    const endpoint = new McpEndpoint({
      principals,
      directory,
      methods,
      lease,
      logger,
      telemetry: calls,
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
