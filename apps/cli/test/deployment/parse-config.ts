import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { REPOSITORY } from './compose-file.js';

export interface ParsedConfig {
  /** Variables that the service's schema asks for. */
  known: string[];
  /** Why the service would refuse to start with this environment, or null. */
  problem: string | null;
}

/**
 * Runs in a process of its own with exactly the given environment. Which variables there are is not read from the source
 * but seen: whatever the schema looks up.
 */
const PROBE = `
  const looked = new Set();
  const note = (name) => typeof name === 'string' && looked.add(name);
  process.env = new Proxy({ ...process.env }, {
    get: (target, name) => (note(name), target[name]),
    has: (target, name) => (note(name), name in target),
  });
  const config = await import(process.argv[1]);
  const load = process.argv[2] === 'migrate'
    ? (config.loadMigrationConfig ?? config.readMigrationConfig)
    : (config.loadConfig ?? config.readConfig);
  looked.clear();
  let problem = null;
  try { load(); } catch (error) { problem = error.message; }
  console.log(JSON.stringify({ known: [...looked], problem }));
`;

/** What the compiled configuration of a service (or of its migration) says to an environment. */
export function parseConfigOf(
  name: string,
  program: 'main' | 'migrate',
  environment: Record<string, string>,
): ParsedConfig {
  const module = join(REPOSITORY, 'services', name, 'dist/config.js');
  const probe = spawnSync(process.execPath, ['--input-type=module', '--eval', PROBE, module, program], {
    env: environment,
    encoding: 'utf8',
  });
  if (probe.status !== 0) throw new Error(`The configuration of ${name} can not be loaded:\n${probe.stderr}`);
  return JSON.parse(probe.stdout) as ParsedConfig;
}
