import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

type IPv4 = ipaddr.IPv4;
type IPv6 = ipaddr.IPv6;

/** Public by registry, but answered by the host's own cloud platform with credentials or configuration. */
const PLATFORM_ADDRESSES = new Set(['168.63.129.16']);

/** Ranges that even a name the operator exempted may not resolve to: nobody runs an MCP server there on purpose. */
const NEVER_BEHIND_A_NAME = new Set([
  'unspecified',
  'broadcast',
  'linkLocal',
  'multicast',
  'platform',
  'invalid',
]);

/** ISATAP interface identifiers (RFC 5214 section 6.1): `[02]00:5efe` followed by an IPv4 address. */
const ISATAP_MARKER = 0x5efe;

/**
 * The range an address belongs to, looking through wrappings of an IPv4 address (mapped, NAT64, ISATAP). `unicast` is
 * the only answer that means "public"; everything else, unknown forms included, is a reason to refuse.
 * Sources: the IANA IPv4 and IPv6 special-purpose registries as carried by ipaddr.js, RFC 4291, 6052, 8215, 5214.
 */
export function addressRange(text: string): string {
  // Node's strict parser decides what an address is: ipaddr.js also takes `127.1` and octal for IPv4.
  if (isIPv4(text)) return rangeOfV4(ipaddr.IPv4.parse(text));
  return isIPv6(text) ? rangeOfV6(ipaddr.IPv6.parse(inHexadecimal(text))) : 'invalid';
}

/** True only for an address of the public internet. */
export function isPublicAddress(text: string): boolean {
  return addressRange(text) === 'unicast';
}

/** What a name that the operator exempted may resolve to: public or private, never link-local, metadata or multicast. */
export function isAllowedBehindExemptName(text: string): boolean {
  return !NEVER_BEHIND_A_NAME.has(addressRange(text));
}

function rangeOfV4(address: IPv4): string {
  return PLATFORM_ADDRESSES.has(address.toString()) ? 'platform' : address.range();
}

function rangeOfV6(address: IPv6): string {
  if (address.zoneId !== undefined) return 'linkLocal';
  const range: string = address.range();
  if (range === 'ipv4Mapped' || isNat64(address)) return rangeOfV4(embeddedV4(address));
  if (range !== 'unicast') return range;
  // Only 2000::/3 is allocated for global unicast (RFC 4291 section 2.4); the rest is unassigned or obsolete wrappings.
  if ((address.parts[0]! & 0xe000) !== 0x2000) return 'reserved';
  return isIsatap(address) ? rangeOfV4(embeddedV4(address)) : range;
}

/** ipaddr.js reads `::1.2.3.4` as the mapped `::ffff:1.2.3.4`; sockets read it as `::102:304`. In hex both agree. */
function inHexadecimal(text: string): string {
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)/, (_all, ...octets: string[]) => {
    const [a, b, c, d] = octets.slice(0, 4).map(Number) as [number, number, number, number];
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
}

/** The well-known prefix 64:ff9b::/96 only: with a local prefix (RFC 8215) the far side is the network's own choice. */
function isNat64({ parts }: IPv6): boolean {
  return parts[0] === 0x64 && parts[1] === 0xff9b && parts.slice(2, 6).every((part) => part === 0);
}

function isIsatap({ parts }: IPv6): boolean {
  return (parts[4]! & 0xfdff) === 0 && parts[5] === ISATAP_MARKER;
}

function embeddedV4({ parts }: IPv6): IPv4 {
  const [high, low] = [parts[6]!, parts[7]!];
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}
