import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface NatsServerSearch {
  /** `$NATS_SERVER_BIN`: taken as it is when set. */
  named: string | undefined;
  /** `$PATH`. */
  path: string;
}

/** Where distributions put servers, which is not in every user's PATH. */
const USUAL_PLACES = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin'];

/** Finds nats-server; throws with what to do when there is none. */
export function natsServerBinary({ named, path }: NatsServerSearch): string {
  if (named !== undefined) {
    if (existsSync(named)) return named;
    throw new Error(`NATS_SERVER_BIN names ${named}, which does not exist`);
  }
  const places = [...path.split(delimiter).filter((place) => place !== ''), ...USUAL_PLACES];
  const found = places.map((place) => join(place, 'nats-server')).find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  throw new Error(
    'There is no nats-server on this machine. Start with npm start, which gets one; or install it (Debian, Ubuntu: ' +
      'apt-get install nats-server); or set NATS_SERVER_BIN to its path',
  );
}
