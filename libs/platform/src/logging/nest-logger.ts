import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

/** Nest's own messages, in our log. Its start-up chatter is debug; what it reports as an error stays one. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown): void {
    this.logger.debug({ nest: String(message) }, 'nest');
  }

  error(message: unknown): void {
    this.logger.error({ nest: message instanceof Error ? message.message : String(message) }, 'nest');
  }

  warn(message: unknown): void {
    this.logger.warn({ nest: String(message) }, 'nest');
  }

  debug(message: unknown): void {
    this.logger.debug({ nest: String(message) }, 'nest');
  }

  verbose(message: unknown): void {
    this.logger.trace({ nest: String(message) }, 'nest');
  }
}
