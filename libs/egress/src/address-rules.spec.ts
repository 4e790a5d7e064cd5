import fc from 'fast-check';
import { addressRange, isAllowedBehindExemptName, isPublicAddress } from './address-rules.js';

const FORBIDDEN: [what: string, address: string][] = [
  ['unspecified', '0.0.0.0'],
  ['this network', '0.1.2.3'],
  ['loopback', '127.0.0.1'],
  ['loopback, other', '127.255.255.254'],
  ['private 10/8', '10.1.2.3'],
  ['private 172.16/12', '172.31.255.255'],
  ['private 192.168/16', '192.168.0.1'],
  ['CGNAT', '100.64.0.1'],
  ['CGNAT metadata (Alibaba)', '100.100.100.200'],
  ['link-local metadata', '169.254.169.254'],
  ['platform (Azure)', '168.63.129.16'],
  ['IETF protocol (Oracle metadata)', '192.0.0.192'],
  ['documentation', '203.0.113.9'],
  ['benchmarking', '198.18.0.1'],
  ['multicast', '224.0.0.1'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['v6 unspecified', '::'],
  ['v6 loopback', '::1'],
  ['v6 link-local', 'fe80::1'],
  ['v6 zone', 'fe80::1%eth0'],
  ['v6 unique local', 'fd12:3456::1'],
  ['v6 metadata (AWS)', 'fd00:ec2::254'],
  ['v6 site-local', 'fec0::1'],
  ['v6 multicast', 'ff02::1'],
  ['v6 documentation', '2001:db8::1'],
  ['v6 discard', '100::1'],
  ['v6 unassigned', '4000::1'],
  ['mapped loopback', '::ffff:127.0.0.1'],
  ['mapped loopback in hex', '::ffff:7f00:1'],
  ['compatible loopback', '::127.0.0.1'],
  ['compatible public', '::8.8.8.8'],
  ['translated loopback (SIIT)', '::ffff:0:127.0.0.1'],
  ['NAT64 of a private address', '64:ff9b::10.0.0.1'],
  ['NAT64 of metadata', '64:ff9b::a9fe:a9fe'],
  ['NAT64 local prefix', '64:ff9b:1::8.8.8.8'],
  ['6to4 of loopback', '2002:7f00:1::1'],
  ['6to4 of a public address', '2002:808:808::1'],
  ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ['ISATAP of a private address', '2606:4700::5efe:10.0.0.1'],
  ['ISATAP of a private address, global flag', '2606:4700::200:5efe:10.0.0.1'],
  ['shorthand', '127.1'],
  ['octal', '0177.0.0.1'],
  ['decimal', '2130706433'],
  ['hexadecimal', '0x7f000001'],
  ['name', 'localhost'],
  ['empty', ''],
];

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '100.63.255.255',
  '172.32.0.1',
  '2606:4700:4700::1111',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
];

describe('address rules', () => {
  it.each(FORBIDDEN)('refuses %s: %s', (_what, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(PUBLIC)('accepts the public address %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it('judges a wrapped IPv4 address as the address inside', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(addressRange(`::ffff:${address}`)).toBe(addressRange(address));
        expect(addressRange(`64:ff9b::${address}`)).toBe(addressRange(address));
      }),
    );
  });

  it('calls no IPv6 address outside 2000::/3 public unless it wraps a public IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        if (!isPublicAddress(address) || /^(::ffff|64:ff9b)/.test(address)) return;
        expect(address).toMatch(/^[23][0-9a-f]{3}:/i);
      }),
    );
  });

  it.each([
    ['10.0.0.1', true],
    ['127.0.0.1', true],
    ['fd00::1', true],
    ['169.254.169.254', false],
    ['::ffff:169.254.169.254', false],
    ['168.63.129.16', false],
    ['0.0.0.0', false],
    ['224.0.0.1', false],
  ])('lets a name the operator exempted resolve to %s: %s', (address, allowed) => {
    expect(isAllowedBehindExemptName(address)).toBe(allowed);
  });
});
