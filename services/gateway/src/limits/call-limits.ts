import type { Principal } from '@portcullis/contracts';
import { TokenBuckets, type Rate } from './token-bucket.js';

export interface CallRates {
  principal: Rate;
  tool: Rate;
  organisation: Rate;
}

export type Limit = keyof CallRates;

/** Step 4: per principal, per principal and tool, per organisation. */
export class CallLimits {
  private readonly byPrincipal: TokenBuckets;
  private readonly byTool: TokenBuckets;
  private readonly byOrganisation: TokenBuckets;

  constructor(
    rates: CallRates,
    private readonly refused: (limit: Limit) => void = () => undefined,
    now: () => number = Date.now,
  ) {
    this.byPrincipal = new TokenBuckets(rates.principal, now);
    this.byTool = new TokenBuckets(rates.tool, now);
    this.byOrganisation = new TokenBuckets(rates.organisation, now);
  }

  /** @throws AppError `RATE_LIMITED` */
  take({ org, sub }: Principal, tool: string): void {
    this.told('principal', () => this.byPrincipal.take(`${org} ${sub}`, 'by you'));
    this.told('tool', () => this.byTool.take(`${org} ${sub} ${tool}`, 'of this tool by you'));
    this.told('organisation', () => this.byOrganisation.take(org, 'by your organisation'));
  }

  private told(limit: Limit, take: () => void): void {
    try {
      take();
    } catch (error) {
      this.refused(limit);
      throw error;
    }
  }
}
