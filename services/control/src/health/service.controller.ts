import { Controller } from '@nestjs/common';
import { AppError } from '@portcullis/contracts';
import type { Readiness } from '@portcullis/platform';
import type { Reply } from '../http/route.js';
import { Serves } from '../http/serves.js';
import { GET_LIVE, GET_OPENAPI, GET_READY } from './service.routes.js';

/** What the process says of itself. */
export class ServiceFacts {
  constructor(
    readonly readiness: () => Promise<Readiness>,
    readonly document: Record<string, unknown>,
  ) {}
}

@Controller()
export class ServiceController {
  constructor(private readonly facts: ServiceFacts) {}

  @Serves(GET_OPENAPI)
  openApi(): Reply<typeof GET_OPENAPI> {
    return this.facts.document;
  }

  @Serves(GET_LIVE)
  live(): Reply<typeof GET_LIVE> {
    return { live: true };
  }

  @Serves(GET_READY)
  async ready(): Promise<Reply<typeof GET_READY>> {
    const { ready, degraded, checks } = await this.facts.readiness();
    if (!ready)
      throw new AppError('UNAVAILABLE', 'The service can not serve at the moment.', { details: { checks } });
    return { ready: true, degraded, checks: [...checks] };
  }
}
