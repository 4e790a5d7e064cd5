import type { DynamicModule, INestMicroservice, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Keyring } from '@portcullis/contracts';
import { PassThroughFilter } from '../errors/pass-through-filter.js';
import { NestLogger } from '../logging/nest-logger.js';
import { ServiceCallerAuthenticator } from './caller-authenticator.js';
import { VerbServer, type VerbServerOptions } from './verb-server.js';

export interface ServeVerbsOptions extends Omit<VerbServerOptions, 'authenticator'> {
  /** Module whose controllers carry `@ServesVerb` methods. */
  module: DynamicModule | Type<unknown>;
  keyring: Keyring;
  clock: () => Date;
}

/**
 * Serves a module's verbs and resolves when the broker knows of it. To stop: `close()` first, which answers what is under
 * way, and only then the connection.
 */
export async function serveVerbs(options: ServeVerbsOptions): Promise<INestMicroservice> {
  const { module, keyring, clock, ...server } = options;
  const authenticator = new ServiceCallerAuthenticator(keyring, clock);
  const app = await NestFactory.createMicroservice(module, {
    strategy: new VerbServer({ ...server, authenticator }),
    logger: new NestLogger(options.logger),
  });
  app.useGlobalFilters(new PassThroughFilter());
  await app.listen();
  return app;
}
