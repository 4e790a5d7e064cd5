import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** A chain that is longer was not made by proxies of ours. */
const MOST_HOPS = 16;
const UNKNOWN = 'unknown';

/**
 * Whose word counts about where a request came from. `X-Forwarded-For` is believed of these proxies only, and of what it
 * says only what they have added themselves: from the right, up to and including the first address that is none of them.
 * What stands further left may have been written by the client.
 */
export class TrustedProxies {
  readonly #proxies = new BlockList();

  /** @param ranges addresses or CIDR ranges, see {@link faultOfRange}; none: no header is ever believed */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const { address, prefix, family } = parseRange(range);
      this.#proxies.addSubnet(address, prefix, family);
    }
  }

  /** Address of the client: the peer's own unless it is a trusted proxy. `unknown` when the peer has gone already. */
  addressOf({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): string {
    let address = canonical(socket.remoteAddress ?? '');
    if (address === undefined) return UNKNOWN;
    const header = headers['x-forwarded-for'];
    const said = (Array.isArray(header) ? header.join() : (header ?? '')).split(',').slice(-MOST_HOPS);
    while (this.#trusts(address)) {
      const before = canonical(said.pop()?.trim() ?? '');
      if (before === undefined) break;
      address = before;
    }
    return address;
  }

  #trusts(address: string): boolean {
    return this.#proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
}

/** Why a text names no proxies, or null. A range of everybody would let every client say who it is. */
export function faultOfRange(text: string): string | null {
  const { address, prefix, longest } = parseRange(text);
  if (canonical(address) === undefined) return 'is no IP address or CIDR range';
  if (!Number.isInteger(prefix) || prefix > longest) return `has no prefix length from 1 to ${longest}`;
  return prefix < 1 ? 'is the whole internet' : null;
}

interface Range {
  address: string;
  prefix: number;
  longest: number;
  family: 'ipv4' | 'ipv6';
}

function parseRange(text: string): Range {
  const [address = '', length, ...rest] = text.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const longest = family === 'ipv6' ? 128 : 32;
  const prefix = length === undefined ? longest : /^\d{1,3}$/.test(length) ? Number(length) : NaN;
  return { address, prefix: rest.length > 0 ? NaN : prefix, longest, family };
}

/** An IPv4 address of a dual-stack socket as IPv4; undefined for what is no address, ports and zones included. */
function canonical(text: string): string | undefined {
  const address = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1] ?? text;
  return isIP(address) === 0 || address.includes('%') ? undefined : address;
}
