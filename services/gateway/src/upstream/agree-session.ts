import { AppError, newId } from '@portcullis/contracts';
import type { Dialer, DialerResponse } from '@portcullis/egress';
import { LEGACY_VERSIONS, MODERN_VERSION } from '../mcp/era.js';
import { isObject } from '../mcp/json-rpc.js';
import { postMessage, type UpstreamHop } from './post-message.js';
import { answeredBadly, badStatus, headerOf, readAnswer, rejected } from './read-answer.js';
import { GATEWAY, type UpstreamSession } from './upstream-session.js';

/** A server that is asked the modern way and stays silent so long is taken for an old one. */
const PROBE_MS = 4000;

const MODERN: UpstreamSession = { era: 'modern', protocolVersion: MODERN_VERSION, sessionId: null };

/**
 * Finds out which protocol a server speaks: the modern way first, and the handshake of 2025-11-25 with a server that
 * does not know it.
 *
 * @throws AppError `UPSTREAM_ERROR`, `UPSTREAM_UNREACHABLE`, `DEADLINE_EXCEEDED`, …
 */
export async function agreeSession(dialer: Dialer, hop: UpstreamHop): Promise<UpstreamSession> {
  return (await speaksModern(dialer, hop)) ? MODERN : initialize(dialer, hop);
}

async function speaksModern(dialer: Dialer, hop: UpstreamHop): Promise<boolean> {
  const id = newId();
  const probe = await probeFor(dialer, hop, id);
  if (probe === null) return false;
  if (probe.status === 401 || probe.status === 403) throw rejected(probe);
  if (probe.status >= 500) throw badStatus(probe);
  const discovered = await readAnswer(probe, { id }).catch(() => null);
  const result = discovered?.message['result'];
  const versions = isObject(result) ? result['supportedVersions'] : undefined;
  return Array.isArray(versions) && versions.includes(MODERN_VERSION);
}

async function probeFor(dialer: Dialer, hop: UpstreamHop, id: string): Promise<DialerResponse | null> {
  const deadline = Math.min(hop.deadline, Date.now() + PROBE_MS);
  try {
    return await postMessage(dialer, { ...hop, deadline }, MODERN, {
      method: 'server/discover',
      params: {},
      id,
    });
  } catch (error) {
    if (error instanceof AppError && error.code === 'DEADLINE_EXCEEDED' && deadline < hop.deadline)
      return null;
    throw error;
  }
}

async function initialize(dialer: Dialer, hop: UpstreamHop): Promise<UpstreamSession> {
  const offered: UpstreamSession = { era: 'legacy', protocolVersion: LEGACY_VERSIONS[0], sessionId: null };
  const params = { protocolVersion: LEGACY_VERSIONS[0], capabilities: {}, clientInfo: GATEWAY };
  const id = newId();
  const response = await postMessage(dialer, hop, offered, { method: 'initialize', params, id });
  const sessionId = headerOf(response, 'mcp-session-id');
  const { message } = await readAnswer(response, { id });
  const agreed = isObject(message['result']) ? message['result']['protocolVersion'] : undefined;
  const protocolVersion = LEGACY_VERSIONS.find((known) => known === agreed);
  if (protocolVersion === undefined) {
    throw answeredBadly('The upstream server speaks no protocol version that we know.');
  }
  const session: UpstreamSession = { era: 'legacy', protocolVersion, sessionId };
  const initialized = { method: 'notifications/initialized', params: {} };
  const confirmed = await postMessage(dialer, hop, session, initialized);
  confirmed.body.on('error', () => undefined).resume();
  return session;
}
