import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root } from '../workspace.mjs';

const OWN_FOLDER = join(root, '.tools', 'nats-server');
const OWN = join(OWN_FOLDER, 'usr', 'sbin', 'nats-server');
// Debian installs servers where an ordinary user's PATH does not look.
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin'];

const HELP = `nats-server was not found and could not be fetched. Do one of these and try again:
  - Debian/Ubuntu:  sudo apt-get update && sudo apt-get install nats-server
  - macOS:          brew install nats-server
  - elsewhere:      download it from https://github.com/nats-io/nats-server/releases
                    and set NATS_SERVER_BIN=/path/to/nats-server`;

/** Finds a NATS server, or fetches the distribution's package; returns the path of the binary. */
export function provideNatsServer(say, environment = process.env) {
  const found = findNatsServer(environment);
  if (found) {
    say(`NATS server: ${found}`);
    return found;
  }
  say('NATS server: fetching the Debian package into .tools/');
  // Unpacked, not installed: installing would start a system service and change the machine.
  if (unpackPackage() || (refreshPackageLists(say) && unpackPackage())) return OWN;
  throw new Error(HELP);
}

export function findNatsServer(environment) {
  const named = environment.NATS_SERVER_BIN;
  if (named) {
    if (!isExecutable(named)) throw new Error(`NATS_SERVER_BIN=${named} is not an executable file`);
    return named;
  }
  const folders = [...(environment.PATH ?? '').split(delimiter).filter(Boolean), ...SYSTEM_FOLDERS];
  return [...folders.map((folder) => join(folder, 'nats-server')), OWN].find(isExecutable);
}

function unpackPackage() {
  rmSync(OWN_FOLDER, { recursive: true, force: true });
  mkdirSync(OWN_FOLDER, { recursive: true });
  if (!run('apt-get', ['download', '-q', 'nats-server'], OWN_FOLDER)) return false;
  const archive = readdirSync(OWN_FOLDER).find((name) => name.endsWith('.deb'));
  return archive !== undefined && run('dpkg', ['-x', archive, '.'], OWN_FOLDER) && existsSync(OWN);
}

function refreshPackageLists(say) {
  const isRoot = process.getuid?.() === 0;
  say(`NATS server: ${isRoot ? '' : 'sudo '}apt-get update`);
  return isRoot ? run('apt-get', ['-q', 'update']) : run('sudo', ['-n', 'apt-get', '-q', 'update']);
}

const run = (command, args, cwd = root) =>
  spawnSync(command, args, { cwd, stdio: ['ignore', 2, 2], timeout: 180_000 }).status === 0;

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
