import { fail, ok, warn, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';

export interface RuntimeFacts {
  /** Without a `v`. */
  version: string;
  platform: string;
  arch: string;
}

const NEEDED = { major: 22, minor: 13 };

export function judgeRuntime({ version, platform, arch }: RuntimeFacts): Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const what = `Node ${version} on ${platform} ${arch}`;
  if (major < NEEDED.major || (major === NEEDED.major && minor < NEEDED.minor))
    return [fail(`${what}; 22.13 or newer is needed`, 'npm ci, which brings its own Node for npm scripts')];
  if (platform !== 'linux')
    return [fail(`${what}; Portcullis runs on Linux`, 'use a Linux machine or container')];
  if (arch !== 'x64' && arch !== 'arm64')
    return [warn(`${what}; tried on x64 only, and there is no PostgreSQL for it`, 'use an x64 machine')];
  if (major > NEEDED.major)
    return [warn(`${what}; tried with 22 only, newer ones were slower`, 'use Node 22')];
  return [ok(what)];
}

export const nodeCheck = (): Check => ({
  id: 'node',
  run: () => judgeRuntime({ version: process.versions.node, platform: process.platform, arch: process.arch }),
});
