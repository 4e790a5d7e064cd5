export { createDialer, type Dialer, type DialerOptions, type DialerRequest } from './dialer.js';
export { canonicalOrigin } from './destination.js';
export { isPublicAddress } from './address-rules.js';
export { readBody } from './read-body.js';
export type { DialerResponse } from './exchange.js';
export type { RequestBody, RequestHeaders } from './redirects.js';
export type { Lookup, ResolvedAddress } from './resolve-destination.js';
