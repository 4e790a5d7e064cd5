import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import { fromB64u } from '../encoding/base64url.js';
import { AppError } from '../errors/app-error.js';
import { parseIJson, type IJsonLimits } from '../encoding/i-json.js';
import { sha256 } from '../encoding/sha256.js';
import { refused } from './refused.js';

const HEADER_LIMITS: IJsonLimits = { maxBytes: 512, maxDepth: 2, maxNodes: 16 };
/** A token is small: what is longer is refused before anything is computed. */
const MAX_LENGTH = 16_384;

export interface CompactJws {
  kid: string;
  /** What the tag covers: `header.payload` as text. */
  signed: string;
  payload: string;
  tag: string;
}

/** Compact JWS, RFC 7515, with HS256 and the header `{alg, typ, kid}` and nothing else. @throws AppError `INVALID_ARGUMENT` by size. */
export function sealJws(type: string, kid: string, key: KeyObject, payload: string): string {
  const header = Buffer.from(`{"alg":"HS256","typ":"${type}","kid":"${kid}"}`, 'utf8').toString('base64url');
  const signed = `${header}.${payload}`;
  const jws = `${signed}.${tagOf(signed, key)}`;
  if (jws.length > MAX_LENGTH)
    throw new AppError('INVALID_ARGUMENT', `A token has ${MAX_LENGTH} characters at most.`);
  return jws;
}

/**
 * Takes a token apart and checks its header: algorithm and type are pinned by the caller, never chosen by the token.
 *
 * @throws AppError `UNAUTHENTICATED`, reason `malformed`, `algorithm`, `type` or `header`.
 */
export function readJws(type: string, jws: string): CompactJws {
  if (jws.length > MAX_LENGTH) throw refused('malformed');
  const [header, payload, tag, ...more] = jws.split('.', 4);
  if (header === undefined || payload === undefined || tag === undefined || more.length > 0)
    throw refused('malformed');
  const { alg, typ, kid, ...others } = headerOf(header);
  if (alg !== 'HS256') throw refused('algorithm');
  if (typ !== type) throw refused('type');
  if (typeof kid !== 'string' || Object.keys(others).length > 0) throw refused('header');
  return { kid, signed: `${header}.${payload}`, payload, tag };
}

/** Whose key a token claims to be under. It proves nothing. @throws AppError `UNAUTHENTICATED`, reason `malformed`. */
export const claimedKid = (jws: string): string =>
  String(headerOf(jws.slice(0, MAX_LENGTH).split('.', 1)[0] ?? '')['kid']);

/** In constant time, and on the text: a tag has one spelling only. @throws AppError `UNAUTHENTICATED`, reason `tag`. */
export function checkTag({ signed, tag }: CompactJws, key: KeyObject): void {
  const presented = Buffer.from(tag, 'latin1');
  const expected = Buffer.from(tagOf(signed, key), 'latin1');
  if (presented.byteLength !== expected.byteLength || !timingSafeEqual(presented, expected))
    throw refused('tag');
}

/**
 * The claims of a token whose tag has been checked: the engine's own parser will do, since the text is the issuer's.
 *
 * @throws AppError `UNAUTHENTICATED`, reason `malformed`.
 */
export function claimsOf({ payload }: CompactJws): unknown {
  try {
    return JSON.parse(fromB64u(payload).toString('utf8'));
  } catch (cause) {
    throw refused('malformed', cause);
  }
}

/**
 * SHA-256 of the decoded payload bytes: names the statement whatever audience's tag it carries. Proves nothing about
 * the token: verify that first.
 *
 * @throws AppError `UNAUTHENTICATED`, reason `malformed`.
 */
export function payloadHash(jws: string): Buffer {
  const [, payload, tag] = jws.split('.', 4);
  if (payload === undefined || tag === undefined) throw refused('malformed');
  try {
    return sha256(fromB64u(payload));
  } catch (cause) {
    throw refused('malformed', cause);
  }
}

function tagOf(signed: string, key: KeyObject): string {
  return createHmac('sha256', key).update(signed).digest('base64url');
}

/** Headers that were read before, by their text: each sender has one. What is kept has no say in what is believed. */
const HEADERS = new Map<string, Readonly<Record<string, unknown>>>();
const MAX_HEADERS = 1_000;

function headerOf(text: string): Readonly<Record<string, unknown>> {
  const known = HEADERS.get(text);
  if (known !== undefined) return known;
  const header = parseHeader(text);
  if (HEADERS.size >= MAX_HEADERS) HEADERS.clear();
  HEADERS.set(text, header);
  return header;
}

function parseHeader(text: string): Record<string, unknown> {
  try {
    const header = parseIJson(fromB64u(text), HEADER_LIMITS);
    if (header !== null && typeof header === 'object' && !Array.isArray(header)) return header;
  } catch (cause) {
    throw refused('malformed', cause);
  }
  throw refused('malformed');
}
