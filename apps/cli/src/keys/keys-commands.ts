import { InvalidArgumentError, type Command } from 'commander';
import type { RewrapArguments } from './rewrap-keys.js';

interface Asked {
  admin: string;
  json: boolean;
}

const MAX_RATE = 100_000;

function rate(text: string): number {
  const value = Number(text);
  if (/^[1-9]\d{0,5}$/.test(text) && value <= MAX_RATE) return value;
  throw new InvalidArgumentError(`It must be a number from 1 to ${MAX_RATE}.`);
}

/** `portcullis keys …`: the keys that wrap everybody's keys. PORTCULLIS_KEY holds an API key of a home admin. */
export function addKeysCommands(program: Command): void {
  const keys = program
    .command('keys')
    .description("The vault's key-encryption keys; PORTCULLIS_KEY holds the API key of an admin");
  const command = (usage: string, description: string): Command =>
    keys
      .command(usage)
      .description(description)
      .requiredOption('--admin <url>', 'base URL of the admin API')
      .option('--json', 'print one line of JSON', false);
  command('status', 'Show which keys there are, what they wrap, and the rewrap under way').action(
    async ({ admin, json }: Asked) => {
      const { showKeys } = await import('./show-keys.js');
      await showKeys(admin, json);
    },
  );
  command('rotate', 'Give the primary key one more version, which seals from now on').action(
    async ({ admin, json }: Asked) => {
      const { rotateKeys } = await import('./rotate-keys.js');
      await rotateKeys(admin, json);
    },
  );
  command('rewrap', 'Wrap every owner key by the key that seals, and write down the signed report')
    .option('--rate <number>', 'owner keys a second at most', rate, 2000)
    .option('--no-wait', 'do not wait for its end')
    .option('--report <file>', 'write the signed report here')
    .action(async (options: RewrapArguments) => {
      const { rewrapKeys } = await import('./rewrap-keys.js');
      process.exitCode = await rewrapKeys(options);
    });
  command('retire <id>', 'Have a version, and all before it, open nothing any more').action(
    async (id: string, { admin, json }: Asked) => {
      const { retireKey } = await import('./retire-key.js');
      await retireKey(admin, id, json);
    },
  );
}
