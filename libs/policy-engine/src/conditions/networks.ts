import { BlockList, isIP } from 'node:net';
import { conditionError } from './condition-error.js';
import { LIMITS } from './limits.js';
import type { OperatorFactory } from './operators.js';
import { fromBoolean } from './truth.js';

/**
 * The address lies in one of the networks (CIDR, RFC 4632 and RFC 4291). An IPv4 address written as IPv6
 * (`::ffff:10.0.0.1`) is in the networks of the IPv4 address; what is no address is indeterminate.
 */
export const inNetworks: OperatorFactory = (operand, at) => {
  if (!Array.isArray(operand) || operand.length === 0 || operand.length > LIMITS.list) {
    throw conditionError(at, `the operand must be a list of 1 to ${LIMITS.list} networks`);
  }
  const networks = new BlockList();
  for (const [index, network] of operand.entries()) addNetwork(networks, network, `${at}/${index}`);
  return (value) => {
    const version = typeof value === 'string' ? isIP(value) : 0;
    if (version === 0) return 'indeterminate';
    return fromBoolean(networks.check(value as string, version === 4 ? 'ipv4' : 'ipv6'));
  };
};

const CIDR = /^([0-9A-Fa-f.:]{2,45})\/(0|[1-9][0-9]{0,2})$/;

function addNetwork(networks: BlockList, network: unknown, at: string): void {
  const [, address = '', bits = ''] = CIDR.exec(typeof network === 'string' ? network : '') ?? [];
  const version = isIP(address);
  if (version === 0 || Number(bits) > (version === 4 ? 32 : 128)) {
    throw conditionError(at, 'a network must be written as 10.0.0.0/8 or 2001:db8::/32');
  }
  networks.addSubnet(address, Number(bits), version === 4 ? 'ipv4' : 'ipv6');
}
