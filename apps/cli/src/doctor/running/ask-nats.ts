import { inboxPrefix, type NatsUser } from '@portcullis/contracts';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { readOwnFile } from '../directory/read-own-file.js';
import { fail, warn, type Finding } from '../finding.js';
import type { PartAnswer } from './part.js';

export interface NatsAddress {
  url: string;
  /** Certificate of the authority, where the server speaks TLS. */
  authorityFile?: string;
  users: readonly NatsUser[];
  seedOf: (user: NatsUser) => string;
  /** What makes the server and its users fit together again. */
  mend: string;
  /** A server that others can reach has to be one of these or newer. */
  deployed: boolean;
}

const TIMEOUT_MS = 6_000;

type Outcome = { user: NatsUser; version: string } | { user: NatsUser; problem: string; refused: boolean };

/** Connects as every user, as the services do, and leaves at once. */
export async function askNats(address: NatsAddress): Promise<PartAnswer> {
  const outcomes = await Promise.all(address.users.map((user) => enterAs(user, address)));
  const versions = outcomes.flatMap((outcome) => ('version' in outcome ? [outcome.version] : []));
  const failed = outcomes.flatMap((outcome) => ('problem' in outcome ? [outcome] : []));
  const [version] = versions;
  if (version === undefined && !failed.some(({ refused }) => refused))
    return { problem: failed[0]?.problem ?? 'nobody was asked for', detail: '' };
  const refused = failed.map(({ user, problem }) => fail(`as ${user}: ${problem}`, address.mend));
  const detail = `nats-server ${version ?? ''} answers; ${versions.length} users were let in`;
  const more = [...refused, ...(address.deployed && version !== undefined ? oldVersion(version) : [])];
  return { problem: null, detail, more };
}

async function enterAs(user: NatsUser, { url, authorityFile, seedOf }: NatsAddress): Promise<Outcome> {
  const seed = await readOwnFile(seedOf(user));
  if (seed === undefined) return { user, problem: 'there is no seed', refused: true };
  try {
    const connection = await connect({
      servers: url,
      name: 'portcullis-doctor',
      authenticator: nkeyAuthenticator(Buffer.from(seed.trim())),
      inboxPrefix: inboxPrefix(user),
      timeout: TIMEOUT_MS,
      reconnect: false,
      ...(authorityFile === undefined ? {} : { tls: { caFile: authorityFile } }),
    });
    const { version = '' } = connection.info ?? {};
    await connection.close();
    return { user, version };
  } catch (error) {
    const { name } = error as Error;
    const refused = name === 'AuthorizationError' || name === 'UserAuthenticationExpiredError';
    if (refused) return { user, problem: 'it refuses the key', refused };
    return { user, problem: `it does not answer at ${url}`, refused: false };
  }
}

/** Older ones let a denied queue subscription through. */
const FIXED_IN = [
  [2, 11, 16],
  [2, 12, 7],
  [2, 14, 0],
] as const;

export function oldVersion(version: string): Finding[] {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const fixed = FIXED_IN.some(([a, b, c]) => major === a && minor === b && patch >= c);
  if (fixed || major > 2 || (major === 2 && minor > 14)) return [];
  const reason = `nats-server ${version} lets some denied queue subscriptions through`;
  return [warn(reason, 'run 2.11.16, 2.12.7, 2.14.0 or newer')];
}
