import type { z } from 'zod';
import type { ServiceName } from '../trust/identity.js';
import { denialClaimsSchema, type DenialClaims } from './denial-token.js';
import { grantClaimsSchema, type GrantClaims } from './grant-token.js';
import { principalClaimsSchema, type PrincipalClaims } from './principal-token.js';
import { readingClaimsSchema, type ReadingClaims } from './reading-token.js';
import { receiptClaimsSchema, type ReceiptClaims } from './receipt-token.js';
import { replyClaimsSchema, type ReplyClaims } from './reply-token.js';
import { requestClaimsSchema, type RequestClaims } from './request-token.js';

export interface ClaimsByType {
  'pc-principal+jwt': PrincipalClaims;
  'pc-request+jwt': RequestClaims;
  'pc-reply+jwt': ReplyClaims;
  'pc-grant+jwt': GrantClaims;
  'pc-denial+jwt': DenialClaims;
  'pc-receipt+jwt': ReceiptClaims;
  'pc-reading+jwt': ReadingClaims;
}
export type TokenType = keyof ClaimsByType;

export interface TokenRule<Claims> {
  /** The one service that may issue it; null: any. */
  issuer: ServiceName | null;
  /** Longest `exp − iat`, seconds. */
  lifetime: number;
  claims: z.ZodType<Claims>;
}

/** Clock difference between services that is put up with, seconds. */
export const CLOCK_SKEW = 5;

export const TOKEN_RULES: { readonly [T in TokenType]: TokenRule<ClaimsByType[T]> } = {
  'pc-principal+jwt': { issuer: 'control', lifetime: 60, claims: principalClaimsSchema },
  'pc-request+jwt': { issuer: null, lifetime: 10, claims: requestClaimsSchema },
  'pc-reply+jwt': { issuer: null, lifetime: 10, claims: replyClaimsSchema },
  'pc-grant+jwt': { issuer: 'policy', lifetime: 30, claims: grantClaimsSchema },
  'pc-denial+jwt': { issuer: 'policy', lifetime: 30, claims: denialClaimsSchema },
  'pc-receipt+jwt': { issuer: 'audit', lifetime: 30, claims: receiptClaimsSchema },
  'pc-reading+jwt': { issuer: 'policy', lifetime: 30, claims: readingClaimsSchema },
};
