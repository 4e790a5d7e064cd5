import { BlockList, isIP } from 'node:net';
import { conditionError } from './condition-error.js';
import { LIMITS } from './limits.js';
import type { OperatorFactory } from './operators.js';
import { fromBoolean } from './truth.js';

/** IPv4 addresses in the clothes of IPv6 (RFC 4291, section 2.5.5.2), however they are spelled. */
const MAPPED = new BlockList();
MAPPED.addSubnet('::ffff:0:0', 96, 'ipv6');

/**
 * Apart by family: a list that holds networks of both takes every IPv4 address for a part of `::/0`, and whoever lets the
 * IPv6 world in would let all of IPv4 in too.
 */
interface Networks {
  ipv4: BlockList;
  ipv6: BlockList;
}

/**
 * The address lies in one of the networks (CIDR, RFC 4632 and RFC 4291). An IPv4 address written as IPv6
 * (`::ffff:10.0.0.1`) is the IPv4 address, in IPv4 networks only; what is no address is indeterminate.
 */
export const inNetworks: OperatorFactory = (operand, at) => {
  if (!Array.isArray(operand) || operand.length === 0 || operand.length > LIMITS.list) {
    throw conditionError(at, `the operand must be a list of 1 to ${LIMITS.list} networks`);
  }
  const networks: Networks = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const [index, network] of operand.entries()) addNetwork(networks, network, `${at}/${index}`);
  return (value) => {
    const version = typeof value === 'string' ? isIP(value) : 0;
    return version === 0 ? 'indeterminate' : fromBoolean(isIn(networks, value as string, version));
  };
};

function isIn({ ipv4, ipv6 }: Networks, address: string, version: number): boolean {
  if (version === 4) return ipv4.check(address, 'ipv4');
  return (MAPPED.check(address, 'ipv6') ? ipv4 : ipv6).check(address, 'ipv6');
}

const CIDR = /^([0-9A-Fa-f.:]{2,45})\/(0|[1-9][0-9]{0,2})$/;

function addNetwork({ ipv4, ipv6 }: Networks, network: unknown, at: string): void {
  const { address, bits, version } = parseNetwork(network, at);
  if (version === 4) return ipv4.addSubnet(address, bits, 'ipv4');
  if (bits >= 96 && MAPPED.check(address, 'ipv6')) {
    throw conditionError(at, 'a network of IPv4 addresses must be written as 10.0.0.0/8');
  }
  ipv6.addSubnet(address, bits, 'ipv6');
}

function parseNetwork(network: unknown, at: string): { address: string; bits: number; version: number } {
  const [, address = '', bits = ''] = CIDR.exec(typeof network === 'string' ? network : '') ?? [];
  const version = isIP(address);
  if (version === 0 || Number(bits) > (version === 4 ? 32 : 128)) {
    throw conditionError(at, 'a network must be written as 10.0.0.0/8 or 2001:db8::/32');
  }
  return { address, bits: Number(bits), version };
}
