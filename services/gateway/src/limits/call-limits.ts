import type { Principal } from '@portcullis/contracts';
import { TokenBuckets, type Rate } from './token-bucket.js';

export interface CallRates {
  principal: Rate;
  tool: Rate;
  organisation: Rate;
}

/** Step 4: per principal, per principal and tool, per organisation. */
export class CallLimits {
  private readonly byPrincipal: TokenBuckets;
  private readonly byTool: TokenBuckets;
  private readonly byOrganisation: TokenBuckets;

  constructor(rates: CallRates, now: () => number = Date.now) {
    this.byPrincipal = new TokenBuckets(rates.principal, now);
    this.byTool = new TokenBuckets(rates.tool, now);
    this.byOrganisation = new TokenBuckets(rates.organisation, now);
  }

  /** @throws AppError `RATE_LIMITED` */
  take({ org, sub }: Principal, tool: string): void {
    this.byPrincipal.take(`${org} ${sub}`, 'by you');
    this.byTool.take(`${org} ${sub} ${tool}`, 'of this tool by you');
    this.byOrganisation.take(org, 'by your organisation');
  }
}
