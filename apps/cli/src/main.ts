#!/usr/bin/env node
import './require-node.js';
import './processes/die-with-parent.js';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { DoctorArguments } from './doctor/doctor-command.js';
import { addKeysCommands } from './keys/keys-commands.js';
import { addPolicyCommands } from './policy/policy-commands.js';
import { provisionCommand, type ProvisionArguments } from './provision/provision-command.js';
import { putSecretCommand, type PutSecretArguments } from './secrets/put-secret-command.js';
import { up, type UpArguments } from './up/up.js';

const DEFAULT_PORT = 8484;

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a number from 0 to 65535.');
}

// What is written by mistake of a program below must not be readable by others either.
process.umask(0o077);

const program = new Command('portcullis').description('Control plane for the Model Context Protocol');

program
  .command('up')
  .description('Run all of Portcullis on this machine, on loopback, with two sample MCP servers')
  .option('--data <directory>', 'where everything is kept', '.portcullis')
  .option('--port <number>', 'port of the MCP endpoint, 0 = any free one', portNumber, DEFAULT_PORT)
  .option('--json', 'print one line of JSON when ready, and nothing else, on standard output', false)
  .action(async (options: UpArguments) => {
    process.exitCode = await up(options);
  });

program
  .command('doctor')
  .description('Check a set-up, running or not, and say what is wrong and how to mend it')
  .addOption(
    new Option('--data <directory>', 'data directory of portcullis up (default: ".portcullis")').conflicts(
      'installation',
    ),
  )
  .option('--installation <directory>', 'directory of portcullis provision instead')
  .option('--nats <host:port>', 'with --installation: where its NATS is reached')
  .option('--postgres <host:port>', 'the same of PostgreSQL')
  .option('--eventstore <host:port>', 'the same of the event store')
  .option('--service <name=url...>', 'the same of services: gateway=http://host:port')
  .option('--json', 'print the findings as one line of JSON', false)
  .addHelpText('after', '\nExit code: 0 nothing failed, 1 something did, 2 it could not look.')
  .action(async (options: DoctorArguments) => {
    const { doctor } = await import('./doctor/doctor-command.js');
    process.exitCode = await doctor(options);
  });

program
  .command('provision <directory>')
  .description('Generate keys, passwords and configuration of a deployed installation')
  .requiredOption('--host <name>', 'DNS name under which it will be reached')
  .option('--user <uid:gid>', 'account of the containers; only root can name another than its own')
  .action((directory: string, options: ProvisionArguments) => provisionCommand(directory, options));

program
  .command('secrets')
  .description('Credentials of MCP servers')
  .command('put <server> <slot>')
  .description(
    'Store a credential, read from standard input and sealed here; PORTCULLIS_KEY holds the API key',
  )
  .requiredOption('--admin <url>', 'base URL of the admin API')
  .addOption(
    new Option('--owner <kind>', 'whose it is').choices(['organisation', 'user']).default('organisation'),
  )
  .option(
    '--root <key...>',
    "public key of the installation's root, to check that the sealing key is the vault's",
  )
  .action(async (server: string, slot: string, options: Omit<PutSecretArguments, 'server' | 'slot'>) => {
    await putSecretCommand({ ...options, root: options.root ?? null, server, slot });
  });

addPolicyCommands(program);
addKeysCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
// Sockets of connections that are just ending must not keep the process.
process.exit();
