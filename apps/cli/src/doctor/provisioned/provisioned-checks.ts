import { join } from 'node:path';
import { diskSpaceCheck } from '../machine/disk-space.js';
import { judgeVariables } from '../machine/environment.js';
import { loadCheck } from '../machine/load.js';
import { nodeCheck } from '../machine/node.js';
import type { Check } from '../run-checks.js';
import { sealCheck } from '../running/seal.js';
import { directoryChecks } from './directory-checks.js';
import { runningChecks } from './running-checks.js';
import type { ProvisionedSetting } from './setting.js';

/** What the compose file reads of `compose.env`. */
export const COMPOSE_VARIABLES = [
  ...['DIR', 'HOST', 'USER', 'ROOT_KEY', 'LOG_LEVEL', 'ALLOWED_ORIGINS', 'EGRESS_ALLOW'],
  ...['EDGE_SUBNET', 'PROXY_ADDRESS'],
  ...['GATEWAY', 'CONTROL', 'VAULT', 'POLICY', 'AUDIT'].map((service) => `${service}_VERSION`),
].map((name) => `PORTCULLIS_${name}`);

/** All checks of a directory of `portcullis provision`; what runs is asked where addresses were given. */
export const provisionedChecks = (setting: ProvisionedSetting, caller: number): Check[] => [
  nodeCheck(),
  diskSpaceCheck(join(setting.root, 'data'), setting.freeAt),
  loadCheck(),
  { id: 'compose.env', run: () => judgeVariables(Object.keys(setting.variables), COMPOSE_VARIABLES) },
  ...directoryChecks(setting, caller),
  ...runningChecks(setting),
  sealCheck(),
];
